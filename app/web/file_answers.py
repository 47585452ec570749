"""Stored files as answers: to be kept, never to be shown or run by the browser."""

from collections.abc import Iterator
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.core.blobs import chunks_of, get_blobs
from app.web.board.etags import is_known, unchanged


def as_attachment(name: str) -> dict[str, str]:
    """The headers with which a browser saves an answer under that name and does not guess what it is."""
    ascii_name = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in name) or "file"
    disposition = f'attachment; filename="{ascii_name}"'
    if ascii_name != name:
        disposition += f"; filename*=UTF-8''{quote(name, safe='')}"
    return {"Content-Disposition": disposition, "X-Content-Type-Options": "nosniff"}


def stored_file(request: Request, sha256: str, name: str) -> Response:
    """A stored file under a name; not sent again to those who have it. Its mark is its content's own."""
    etag = f'"{sha256}"'
    if is_known(request, etag):
        return unchanged(etag)
    headers = as_attachment(name) | {"Content-Length": str(get_blobs().size_bytes(sha256)), "ETag": etag}
    headers["Cache-Control"] = "no-cache"
    return StreamingResponse(_content(sha256), 200, headers, "application/octet-stream")


def _content(sha256: str) -> Iterator[bytes]:
    with get_blobs().open(sha256) as file:
        yield from chunks_of(file)
