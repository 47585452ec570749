"""What all reads of the API share: `fields=`, an ETag, and 304 for those who have the answer already.

A handler that knows the version of what it tells sets an ETag itself, or answers 304 before it computes anything; for
all others the mark is that of the body. It is weak: the same answer is sent packed and unpacked.
"""

import hashlib
import json
from typing import Any

from fastapi import Depends, Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.api.fields import Tree, pick, read_fields
from app.web.board.etags import is_known_mark

PREFIX = "/api/v1/"
# Answers that are made in one piece; streams and files pass as they come.
WHOLE_KINDS = ("application/json", "text/csv")
# The same address says other things to other people, and in other languages.
VARY = ("Authorization", "Accept-Language")
SHARED, PRIVATE = "no-cache", "private, no-cache"
KEPT_WHEN_UNCHANGED = ("etag", "cache-control", "vary", "content-location", "expires", "ratelimit", "ratelimit-policy")


def check_fields(request: Request) -> None:
    """Keep what `fields=` asks for until the answer is there. Raises InvalidFields before anything is computed."""
    if request.method != "GET" or "fields" not in request.query_params:
        return
    kind = getattr(request.scope.get("route"), "response_model", None)
    if kind is not None:
        request.state.fields = read_fields(",".join(request.query_params.getlist("fields")), kind)


ApiFields = Depends(check_fields)


class ApiReads:
    """ASGI middleware around the API."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; look at what a GET of the API answers."""
        is_read = scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith(PREFIX)
        answer = _Answer(scope, send).send if is_read else send
        await self.app(scope, receive, answer)


class _Answer:
    """One answer on its way. What is whole is held until its end, for its mark stands before it."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.scope = scope
        self.pass_on = send
        self.asked = Headers(scope=scope)
        self.start: Message = {}
        self.body = bytearray()
        self.is_held = False

    async def send(self, message: Message) -> None:
        """Take the next piece."""
        if message["type"] == "http.response.start":
            self.start = message
            self.is_held = self._begin(MutableHeaders(scope=message))
            if self.is_held:
                return
        if not self.is_held or message["type"] != "http.response.body":
            await self.pass_on(message)
            return
        self.body += message.get("body", b"")
        if not message.get("more_body", False):
            await self._finish(MutableHeaders(scope=self.start))

    def _begin(self, headers: MutableHeaders) -> bool:
        """Add what all reads say; returns whether the answer waits for its end."""
        if self.start["status"] not in (200, 304):
            return False
        for name in VARY:
            headers.add_vary_header(name)
        if headers.get("cache-control", SHARED) == SHARED:
            headers["Cache-Control"] = PRIVATE if "authorization" in self.asked else SHARED
        kind = headers.get("content-type", "").partition(";")[0]
        return self.start["status"] == 200 and kind in WHOLE_KINDS

    async def _finish(self, headers: MutableHeaders) -> None:
        tree: Tree = self.scope.get("state", {}).get("fields", {})
        body = _picked(bytes(self.body), tree) if tree else bytes(self.body)
        headers.setdefault("ETag", f'W/"{hashlib.sha256(body).hexdigest()[:24]}"')
        if is_known_mark(self.asked.get("if-none-match", ""), headers["etag"]):
            kept = [(name, value) for name, value in self.start["headers"] if name.decode() in KEPT_WHEN_UNCHANGED]
            await self.pass_on({"type": "http.response.start", "status": 304, "headers": kept})
            await self.pass_on({"type": "http.response.body", "body": b""})
            return
        headers["Content-Length"] = str(len(body))
        await self.pass_on(self.start)
        await self.pass_on({"type": "http.response.body", "body": body})


def _picked(body: bytes, tree: Tree) -> bytes:
    value: Any = json.loads(body)
    return json.dumps(pick(value, tree), ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
