"""GET /leaderboard.csv, /leaderboard.json and /leaderboard.md: all rows that the page's filters leave, in one file."""

from collections.abc import Callable

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.core.board import Board, Placed, find_board
from app.core.settings import get_settings
from app.core.tracks import TRACKS
from app.web.api.board_bodies import BoardBody, TrackBody, board_lines
from app.web.api.board_parameters import asked_query
from app.web.board.etags import etag_of, is_known, unchanged
from app.web.board.exports import as_csv, as_markdown
from app.web.board.query import Query
from app.web.dependencies import DbSession
from app.web.file_answers import as_attachment

router = APIRouter()
Write = Callable[[Request, Board, Query, list[Placed]], str]


@router.get("/leaderboard.csv")
def get_csv(request: Request, session: DbSession) -> Response:
    """For spreadsheets."""
    return _file(request, session, "text/csv", _csv, as_attachment("leaderboard.csv"))


@router.get("/leaderboard.json")
def get_json(request: Request, session: DbSession) -> Response:
    """As the API gives it, in one part."""
    return _file(request, session, "application/json", _json, {})


@router.get("/leaderboard.md")
def get_markdown(request: Request, session: DbSession) -> Response:
    """To paste into an issue."""
    return _file(request, session, "text/markdown", _markdown, {"Content-Disposition": "inline"})


def _file(request: Request, session: DbSession, kind: str, write: Write, headers: dict[str, str]) -> Response:
    query = asked_query(request)
    board = find_board(session, get_settings().dataset)
    etag = etag_of(request, board)
    if is_known(request, etag):
        return unchanged(etag)
    text = write(request, board, query, query.select(board.ranking(query.track, query.best)))
    caching = {"ETag": etag, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    return Response(text, 200, headers | caching, f"{kind}; charset=utf-8")


def _csv(request: Request, _board: Board, _query: Query, rows: list[Placed]) -> str:
    return as_csv(rows, str(request.base_url))


def _markdown(request: Request, _board: Board, _query: Query, rows: list[Placed]) -> str:
    return as_markdown(rows, str(request.base_url))


def _json(_request: Request, board: Board, query: Query, rows: list[Placed]) -> str:
    body = BoardBody(
        dataset=board.version.dataset,
        track=query.track,
        entries=board.count(query.track, query.best),
        matching=len(rows),
        tracks=[TrackBody(key=key, entries=board.count(key, query.best)) for key in TRACKS],
        rows=board_lines(board, rows),
        next=None,
    )
    return body.model_dump_json(indent=1)
