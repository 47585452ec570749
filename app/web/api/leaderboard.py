"""The leaderboard, part by part."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from app.core.board import Board, Placed, find_board
from app.core.database import session_scope
from app.core.settings import get_settings
from app.core.tracks import TRACKS
from app.web.api.board_bodies import BoardBody, TrackBody, board_lines
from app.web.api.board_parameters import BoardParameters, asked_query
from app.web.api.bodies import problems
from app.web.board import query as board_query
from app.web.board.cursor import cursor_behind, rows_behind
from app.web.board.etags import etag_of, is_known, unchanged

router = APIRouter(tags=["leaderboard"])
UNCHANGED: dict[int | str, dict[str, Any]] = {
    304: {"description": "Nothing has changed since the answer with the ETag in If-None-Match."}
}


@router.get(
    "/leaderboard",
    operation_id="getLeaderboard",
    summary="The board, best first",
    response_model=BoardBody,
    responses=problems(422) | UNCHANGED,
)
def get_leaderboard(
    request: Request,
    response: Response,
    asked: Annotated[BoardParameters, Query()],
) -> BoardBody | Response:
    """Public. New results between two calls shift no rows between the parts."""
    query = asked_query(request)
    with session_scope() as session:
        board = find_board(session, get_settings().dataset)
    etag = etag_of(request, board)
    if is_known(request, etag):
        return unchanged(etag)
    response.headers["ETag"], response.headers["Cache-Control"] = etag, "no-cache"
    rows = query.select(board.ranking(query.track, query.best))
    rest = rows_behind(query, rows, asked.cursor) if asked.cursor else rows
    return _body(board, query, len(rows), rest, asked.limit)


def _body(board: Board, query: board_query.Query, matching: int, rest: list[Placed], limit: int) -> BoardBody:
    shown = rest[:limit]
    more = len(rest) > limit
    following = {"limit": str(limit), "cursor": cursor_behind(query, shown[-1])} if more else {}
    return BoardBody(
        dataset=board.version.dataset,
        track=query.track,
        entries=board.count(query.track, query.best),
        matching=matching,
        tracks=[TrackBody(key=key, entries=board.count(key, query.best)) for key in TRACKS],
        rows=board_lines(board, shown),
        next=query.url("/api/v1/leaderboard", **following) if more else None,
    )
