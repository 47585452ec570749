"""Idempotency-Key on every write of the API: the same key with the same request gives the same answer.

A dependency of all API routes claims the key once it is known whose it is; a middleware keeps the answer before it
sends it. Answers that are marked `no-store` hold secrets: of those it is kept only that they were given.
"""

import hashlib
import hmac
from typing import Any

from fastapi import Depends
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core import kept_answers, throttle
from app.core.blobs import chunks_of, hash_of
from app.core.database import session_scope
from app.core.errors import InvalidFields
from app.core.kept_answers import Key
from app.core.settings import get_settings
from app.core.tables import KeptAnswer
from app.core.thread.posts import PART_MAXIMUM_BYTES
from app.web.api.bodies import content_kind
from app.web.api.callers import Bearer, caller
from app.web.known_browsers import host_of
from app.web.uploads import PART_BYTES, key_errors, read_form

HEADER = "idempotency-key"
WRITES = ("POST", "PUT", "PATCH", "DELETE")
# Everything else that is written to needs somebody, and answers 401 without.
OPEN_TO_STRANGERS = "/api/v1/users"
KEPT_HEADERS = ("content-type", "location", "content-language")
FORM_KINDS = ("multipart/form-data", "application/x-www-form-urlencoded")
# The longest text that any form of the API may hold.
LONGEST_PART_BYTES = max(PART_BYTES, PART_MAXIMUM_BYTES)


class Replayed(Exception):
    """The request was carried out before: here is what it was answered."""

    def __init__(self, kept: KeptAnswer) -> None:
        super().__init__(kept.key)
        self.kept = kept


async def check_key(request: Request, bearer: Bearer) -> None:
    """Claim the key of a write. Raises Replayed if it has been answered, and what `claim_key` raises."""
    given = request.headers.get(HEADER)
    if given is None or request.method not in WRITES or _keeps_its_own(request):
        return
    if errors := key_errors(given):
        raise InvalidFields(errors)
    if "authorization" not in request.headers and request.url.path != OPEN_TO_STRANGERS:
        return
    owner = await run_in_threadpool(_owner, request, bearer)
    key = Key(owner, given, await _fingerprint(request))
    kept = await run_in_threadpool(_claim, key)
    if kept is not None:
        raise Replayed(kept)
    request.state.claimed_key = key


KeyChecked = Depends(check_key)


def replay(_request: Request, error: Exception) -> Response:
    """The answer once more."""
    if not isinstance(error, Replayed):
        raise TypeError from error
    kept = error.kept
    return Response(kept.body, kept.status or 200, kept.headers | {"Idempotent-Replay": "true"})


def _keeps_its_own(request: Request) -> bool:
    """Submissions are found again by the key in their own row, for ever."""
    dependant = getattr(request.scope.get("route"), "dependant", None)
    return any(field.alias == HEADER for field in getattr(dependant, "header_params", ()))


def _owner(request: Request, bearer: Bearer) -> str:
    """Whose key it is. Of a password it is its hash that owns: the password may be another one after the request."""
    if bearer is not None:
        who = f"user:{caller(request, bearer).stored_id}"
    elif "authorization" in request.headers:
        who = f"password:{request.headers['authorization']}"
    else:
        who = f"address:{throttle.address(host_of(request)).key}"
    return _keyed(who.encode()).hexdigest()


def _keyed(data: bytes = b"") -> "hmac.HMAC":
    """A hash that nobody can try guesses at who has only the database."""
    return hmac.new(get_settings().resolved_secret_key.encode(), b"idempotency:" + data, hashlib.sha256)


async def _fingerprint(request: Request) -> str:
    """What the request asks for. Forms are hashed by their fields: clients part them by other words each time."""
    digest, kind = _keyed(), content_kind(request)
    for text in (request.method, request.url.path, request.url.query, kind):
        _add(digest, text.encode())
    if kind not in FORM_KINDS:
        _add(digest, await request.body())
        return digest.hexdigest()
    form = request.state.form = await read_form(request, LONGEST_PART_BYTES)
    for name, value in form.multi_items():
        _add(digest, name.encode("utf-8", "surrogatepass"))
        await _add_value(digest, value)
    return digest.hexdigest()


async def _add_value(digest: "hmac.HMAC", value: UploadFile | str) -> None:
    if isinstance(value, str):
        _add(digest, value.encode("utf-8", "surrogatepass"))
        return
    _add(digest, (value.filename or "").encode("utf-8", "surrogatepass"))
    hashed = await run_in_threadpool(lambda: hash_of(chunks_of(value.file)))
    _add(digest, hashed.sha256.encode())
    await value.seek(0)


def _add(digest: "hmac.HMAC", data: bytes) -> None:
    digest.update(len(data).to_bytes(8, "big") + data)


def _claim(key: Key) -> KeptAnswer | None:
    with session_scope() as session:
        return kept_answers.claim_key(session, key)


class KeptAnswers:
    """ASGI middleware: keeps the answer to a claimed key, then sends it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; hold its answer back until it is kept."""
        if scope["type"] != "http" or HEADER not in Headers(scope=scope):
            await self.app(scope, receive, send)
            return
        answer = _Answer(scope.setdefault("state", {}), send)
        try:
            await self.app(scope, receive, answer.take)
        except Exception:
            await answer.forget()
            raise
        finally:
            if form := answer.state.get("form"):
                await form.close()


class _Answer:
    """One answer on its way out."""

    def __init__(self, state: dict[str, Any], send: Send) -> None:
        self.state, self.send = state, send
        self.held: list[Message] = []

    async def take(self, message: Message) -> None:
        """Hold it until it is whole, if there is a key for it."""
        if "claimed_key" not in self.state:
            await self.send(message)
            return
        self.held.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            await run_in_threadpool(self._keep, self.state.pop("claimed_key"))
            for each in self.held:
                await self.send(each)

    def _keep(self, key: Key) -> None:
        start, *parts = self.held
        headers, status = Headers(raw=start["headers"]), start["status"]
        body = b"".join(part.get("body", b"") for part in parts)
        is_secret = "no-store" in headers.get("cache-control", "")
        with session_scope() as session:
            if status >= 400:
                kept_answers.give_back(session, key)
                return
            shown = {name: headers[name] for name in KEPT_HEADERS if name in headers}
            kept_answers.keep_answer(session, key, status, shown, None if is_secret else body.decode())

    async def forget(self) -> None:
        """Our own failure: nothing was stored."""
        if key := self.state.pop("claimed_key", None):
            await run_in_threadpool(self._give_back, key)

    @staticmethod
    def _give_back(key: Key) -> None:
        with session_scope() as session:
            kept_answers.give_back(session, key)
