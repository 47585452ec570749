"""Answers that a reader who has them already need not get again."""

import hashlib

from starlette.requests import Request
from starlette.responses import Response

from app.core.board import Board
from app.core.shown_names import mark


def etag_of(request: Request, board: Board) -> str:
    """The mark of an answer that depends on the board and on its address alone."""
    return f'W/"{hashlib.sha256(f"{board.version}|{mark()}|{request.url}".encode()).hexdigest()[:24]}"'


def is_known(request: Request, etag: str) -> bool:
    """Whether the reader says that they have it."""
    return is_known_mark(request.headers.get("if-none-match", ""), etag)


def is_known_mark(known: str, etag: str) -> bool:
    """Whether an ETag is among those of `If-None-Match`; strong and weak ones are the same there (RFC 9110, 13.1.2)."""
    marks = {mark.strip().removeprefix("W/") for mark in known.split(",")}
    return "*" in marks or etag.removeprefix("W/") in marks


def unchanged(etag: str) -> Response:
    """304, with what RFC 9110 wants repeated."""
    return Response(status_code=304, headers={"ETag": etag, "Cache-Control": "no-cache"})
