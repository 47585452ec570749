"""How much of a request's body is read, whatever its headers say."""

import asyncio
import contextlib

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.errors import UploadTooLarge
from app.core.settings import get_settings

# The form sends its files along also where it only asks for another model's fields.
UPLOAD_PATHS = frozenset(
    {
        "/submit",
        "/submit/check",
        "/submit/model",
        "/submit/suggestions",
        "/api/v1/submissions",
        "/api/v1/checks",
        "/claims/import",
        "/api/v1/claims/import",
    }
)
# A model file and weights. Each alone may have what the settings allow; that is looked at when it has been read.
FILES_AT_ONCE = 2
# Notes, options and the recipe beside the files; and all that any other request of ours can need.
FIELDS_LIMIT_BYTES = 1_000_000
# A client that is still sending reads no answer: so much more is read and thrown away before it gets one.
DISCARD_TIMES = 4
DISCARD_S = 10.0


class BodyTooLarge(UploadTooLarge, HTTPException):
    """Raised out of the reading of a body. FastAPI lets only its own kind of exception pass there."""

    def __init__(self, limit_bytes: int) -> None:
        problem = UploadTooLarge(limit_bytes)
        HTTPException.__init__(self, problem.status, str(problem))
        self.sentence, self.fields = problem.sentence, problem.fields


class BodyLimit:
    """ASGI middleware: no body larger than its path allows is read, whatever its headers say.

    The route's own reading raises `UploadTooLarge`, so that the answer is made where all problems are answered.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body counted."""
        if scope["type"] == "http":
            receive = _Counter(scope, receive)
        await self.app(scope, receive, send)


class _Counter:
    """Counts the bytes of one body."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        headers = Headers(scope=scope)
        self.receive = receive
        file_limit = get_settings().upload_limit_bytes if _is_upload(scope, headers) else 0
        self.shown_limit = file_limit or FIELDS_LIMIT_BYTES
        self.limit = FILES_AT_ONCE * file_limit + FIELDS_LIMIT_BYTES
        self.declared = int(length) if (length := headers.get("content-length", "")).isdecimal() else 0
        self.is_waiting = headers.get("expect", "").lower() == "100-continue"
        self.read_bytes = 0

    async def __call__(self) -> Message:
        if self.declared > self.limit:
            if not self.is_waiting:
                await self._discard()
            raise BodyTooLarge(self.shown_limit)
        message = await self.receive()
        self.read_bytes += len(message.get("body", b""))
        if self.read_bytes > self.limit:
            if message.get("more_body"):
                await self._discard()
            raise BodyTooLarge(self.shown_limit)
        return message

    async def _discard(self) -> None:
        """Read on without keeping anything, up to a bound."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DISCARD_S):
                more = True
                while more and self.read_bytes <= self.limit * DISCARD_TIMES:
                    message = await self.receive()
                    self.read_bytes += len(message.get("body", b""))
                    more = message.get("more_body", False)


def _is_upload(scope: Scope, headers: Headers) -> bool:
    """Whether a file may come. Only multipart forms are read without being held in memory."""
    is_form = headers.get("content-type", "").lower().startswith("multipart/form-data")
    return is_form and scope["method"] == "POST" and scope["path"] in UPLOAD_PATHS
