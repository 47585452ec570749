"""Answers that a reader who has them already need not get again."""

import hashlib

from starlette.requests import Request
from starlette.responses import Response

from app.core.board import Board


def etag_of(request: Request, board: Board) -> str:
    """The mark of an answer that depends on the board and on its address alone."""
    return f'W/"{hashlib.sha256(f"{board.version}|{request.url}".encode()).hexdigest()[:24]}"'


def is_known(request: Request, etag: str) -> bool:
    """Whether the reader says that they have it."""
    known = request.headers.get("if-none-match", "")
    return etag in (mark.strip() for mark in known.split(","))


def unchanged(etag: str) -> Response:
    """304, with what RFC 9110 wants repeated."""
    return Response(status_code=304, headers={"ETag": etag, "Cache-Control": "no-cache"})
