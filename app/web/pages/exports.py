"""GET /leaderboard.csv, .json, .md and .atom: all rows that the page's filters leave, in one file."""

from collections.abc import Callable

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.core.board import Board, Placed, find_board
from app.core.joining import the_class
from app.core.sentences import N_, Sentence
from app.core.settings import get_settings
from app.core.tracks import TRACKS
from app.web.api.board_bodies import BoardBody, TrackBody, board_lines
from app.web.api.board_parameters import asked_query
from app.web.board.etags import etag_of, is_known, unchanged
from app.web.board.exports import as_csv, as_markdown
from app.web.board.query import Query
from app.web.dependencies import DbSession, OptionalUser
from app.web.feed import Feed, atom, items_of
from app.web.file_answers import as_attachment
from app.web.languages import page_language
from app.web.translations import say

router = APIRouter()
# The filters stay as they stand in the address: that is how a reader of feeds tells two of them apart.
TITLE = N_("MNIST Benchmark: %(filters)s")
Write = Callable[[Request, Board, Query, list[Placed]], str]


@router.get("/leaderboard.csv")
def get_csv(request: Request, session: DbSession) -> Response:
    """For spreadsheets."""
    return _file(request, session, "text/csv", _csv, as_attachment("leaderboard.csv"))


@router.get("/leaderboard.json")
def get_json(request: Request, session: DbSession) -> Response:
    """As the API gives it, in one part."""
    return _file(request, session, "application/json", _json, {})


@router.get("/leaderboard.atom")
def get_atom(request: Request, session: DbSession, _reader: OptionalUser) -> Response:
    """For feed readers: the newest of these results, and the records among them."""
    query, language = asked_query(request), page_language(request)
    board = find_board(session, get_settings().dataset)
    # The language may come from the browser, and is no part of the address then.
    etag = f'{etag_of(request, board)[:-1]}-{language}"'
    if is_known(request, etag):
        return unchanged(etag)
    rows = query.select(board.ranking(query.track, query.best))
    feed = _feed(request, query, board, language)
    text = atom(feed, items_of(board, among=[row.entry for row in rows]), the_class(session).created)
    headers = {"ETag": etag, "Cache-Control": "no-cache", "Vary": "Accept-Language, Cookie"}
    return Response(text, 200, headers, "application/atom+xml; charset=utf-8")


def _feed(request: Request, query: Query, board: Board, language: str) -> Feed:
    base_url, asked = str(request.base_url), query.url("")
    title = Sentence(TITLE, {"filters": asked.removeprefix("?") or "track=all"})
    key = f"{board.version.dataset}:leaderboard{asked}"
    return Feed(key, say(title, language), query.url(base_url), str(request.url), base_url, language)


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
    caching = {"ETag": etag, "Cache-Control": "no-cache", "Vary": "Cookie", "X-Content-Type-Options": "nosniff"}
    return Response(text, 200, headers | caching, f"{kind}; charset=utf-8")


def _csv(request: Request, _board: Board, _query: Query, rows: list[Placed]) -> str:
    return as_csv(rows, str(request.base_url))


def _markdown(request: Request, _board: Board, _query: Query, rows: list[Placed]) -> str:
    return as_markdown(rows, str(request.base_url))


def _json(_request: Request, board: Board, query: Query, rows: list[Placed]) -> str:
    return board_json(board, query, rows)


def board_json(board: Board, query: Query, rows: list[Placed]) -> str:
    """The board as the API gives it, in one part."""
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
