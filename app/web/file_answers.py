"""Stored files as answers: to be kept, never to be shown or run by the browser."""

from collections.abc import Iterator
from urllib.parse import quote

from starlette.responses import StreamingResponse

from app.core.blobs import chunks_of, get_blobs


def as_attachment(name: str) -> dict[str, str]:
    """The headers with which a browser saves an answer under that name and does not guess what it is."""
    ascii_name = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in name) or "file"
    disposition = f'attachment; filename="{ascii_name}"'
    if ascii_name != name:
        disposition += f"; filename*=UTF-8''{quote(name, safe='')}"
    return {"Content-Disposition": disposition, "X-Content-Type-Options": "nosniff"}


def stored_file(sha256: str, name: str) -> StreamingResponse:
    """A stored file under a name."""
    headers = as_attachment(name) | {"Content-Length": str(get_blobs().size_bytes(sha256))}
    return StreamingResponse(_content(sha256), 200, headers, "application/octet-stream")


def _content(sha256: str) -> Iterator[bytes]:
    with get_blobs().open(sha256) as file:
        yield from chunks_of(file)
