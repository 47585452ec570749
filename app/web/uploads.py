"""What comes in with a submission: how much of it, from which fields, in which file.

The form and the API send the same fields: kind, model, title, notes, option.<name>, every field of a recipe, weights
(a file) and idempotency_key. Everything that can be wrong is found before a file is kept.
"""

import asyncio
import contextlib
import re
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.blobs import Blob, chunks_of, get_blobs, hash_of
from app.core.database import session_scope
from app.core.errors import InvalidFields, Problem, UploadTooLarge
from app.core.recipes import Recipe
from app.core.sentences import N_, Sentence
from app.core.settings import get_settings
from app.core.submissions import Request, Weights, check, earlier
from app.core.tables import User
from app.web.weights_files import HEAD_BYTES, check_weights_file, looks_like_code, shown_name

# The form sends its file along also where it only asks for another model's fields.
UPLOAD_PATHS = frozenset({"/submit", "/submit/model", "/api/v1/submissions"})
# Notes, options and the recipe beside the file; and all that any other request of ours can need.
FIELDS_LIMIT_BYTES = 1_000_000
# A client that is still sending reads no answer: so much more is read and thrown away before it gets one.
DISCARD_TIMES = 4
DISCARD_S = 10.0
# More than all fields of the form, so that a wrong one can be named, but no table of thousands.
FORM_FIELDS_LIMIT = 100
FORM_FILES_LIMIT = 10

TEXT_FIELDS = ("kind", "model", "title", "notes")
OPTION_PREFIX = "option."
# Of the page's own; checked there.
IGNORED_FIELDS = frozenset({"csrf_token"})
KNOWN_FIELDS = (*TEXT_FIELDS, "weights", "idempotency_key", *Recipe.model_fields)
KEY = re.compile(r"[\x21-\x7e]{1,200}")
# Stands for the file while everything else is checked; never stored.
UNREAD = Blob("", 0)


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
        self.limit = file_limit + FIELDS_LIMIT_BYTES
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


@contextlib.asynccontextmanager
async def open_form(request: HttpRequest) -> AsyncIterator[FormData]:
    """The fields and files of a request; the files go when the block ends.

    Raises:
        Problem: if the body is no form.
    """
    try:
        form = await request.form(max_fields=FORM_FIELDS_LIMIT, max_files=FORM_FILES_LIMIT)
    except HTTPException as error:
        if isinstance(error, Problem):
            raise
        text = N_("The form cannot be read: %(reason)s")
        raise Problem(Sentence(text, {"reason": error.detail})) from error
    try:
        yield form
    finally:
        await form.close()


async def accept(form: FormData, idempotency_key: str | None, user: User) -> Request:
    """The request in a form, with its file stored: ready for `submissions.create`.

    Raises:
        InvalidFields: one sentence per field; nothing is stored.
        UploadTooLarge: nothing is stored.
        Conflict: when the key belongs to another request; nothing is stored.
    """
    return await run_in_threadpool(_accept, form, idempotency_key, user)


def _accept(form: FormData, idempotency_key: str | None, user: User) -> Request:
    request = read_request(form, idempotency_key)
    file = _weights_file(form)
    if file is None:
        return request
    file.file.seek(0)
    hashed = replace(request, weights=Weights(hash_of(chunks_of(file.file)), _name(file)))
    with session_scope() as session:
        earlier(session, user.stored_id, hashed)
    return replace(hashed, weights=store_weights(form))


def store_weights(form: FormData) -> Weights | None:
    """Keep the form's file, which `read_request` has found good. Blocks while it writes."""
    file = _weights_file(form)
    if file is None:
        return None
    file.file.seek(0)
    blob = get_blobs().store(chunks_of(file.file), get_settings().upload_limit_bytes)
    return Weights(blob, _name(file))


def read_request(form: FormData, idempotency_key: str | None) -> Request:
    """What a form asks for, checked, its file only looked at: `weights` stays empty.

    Raises:
        InvalidFields: one sentence per field that cannot be used, all at once.
        UploadTooLarge: if the file is over the limit.
    """
    errors = _form_errors(form)
    texts = {name: value for name, value in form.multi_items() if isinstance(value, str)}
    key = idempotency_key if idempotency_key is not None else texts.get("idempotency_key") or None
    errors |= key_errors(key)
    request = Request(
        kind=texts.get("kind", ""),
        model=texts.get("model", ""),
        title=texts.get("title", ""),
        notes=texts.get("notes", ""),
        options=_options(texts),
        recipe={name: value for name, value in texts.items() if name in Recipe.model_fields},
        idempotency_key=key,
    )
    file = _weights_file(form)
    try:
        check(replace(request, weights=Weights(UNREAD, _name(file)) if file else None))
    except InvalidFields as error:
        errors = error.fields | errors
    if errors:
        raise InvalidFields(errors)
    return request


def _form_errors(form: FormData) -> dict[str, Sentence]:
    errors: dict[str, Sentence] = {}
    for name, count in Counter(name for name, _ in form.multi_items()).items():
        if name not in KNOWN_FIELDS and name not in IGNORED_FIELDS and not name.startswith(OPTION_PREFIX):
            text = N_("There is no field “%(name)s”. The fields are: %(names)s and option.<name>.")
            errors[name[:40]] = Sentence(text, {"name": name[:40], "names": ", ".join(KNOWN_FIELDS)})
        elif count > 1:
            text = N_("%(name)s was given %(count)s times. Give it once.")
            errors[name[:40]] = Sentence(text, {"name": name[:40], "count": count})
    for name, value in form.multi_items():
        if sentence := _kind_error(name, value):
            errors.setdefault(name[:40], sentence)
    return errors


def _kind_error(name: str, value: UploadFile | str) -> Sentence | None:
    """What is wrong with a text where a file belongs, with a file where a text belongs, or with the file."""
    if isinstance(value, str):
        if name != "weights" or not value:
            return None
        return Sentence(N_("weights must be a file; the text “%(value)s” was given."), {"value": value[:40]})
    if name == "model":
        return looks_like_code(value.filename or "")
    if name != "weights":
        text = N_("%(name)s must be text; the file “%(value)s” was given.")
        return Sentence(text, {"name": name[:40], "value": shown_name(value.filename or "")})
    return _check_file(value) if _is_there(value) else None


def _is_there(file: UploadFile) -> bool:
    """Browsers send a nameless empty part where no file was chosen."""
    return bool(file.filename or file.size)


def _check_file(file: UploadFile) -> Sentence | None:
    limit_bytes = get_settings().upload_limit_bytes
    size_bytes = file.size or 0
    if size_bytes > limit_bytes:
        raise UploadTooLarge(limit_bytes)
    file.file.seek(0)
    return check_weights_file(_name(file), size_bytes, file.file.read(HEAD_BYTES))


def _weights_file(form: FormData) -> UploadFile | None:
    files = (value for value in form.getlist("weights") if isinstance(value, UploadFile) and _is_there(value))
    return next(files, None)


def _name(file: UploadFile) -> str:
    """A file's name without folders and without characters that a database or a page cannot hold."""
    name = PurePosixPath((file.filename or "").replace("\\", "/")).name
    return "".join(character for character in name if character.isprintable())


def key_errors(key: str | None) -> dict[str, Sentence]:
    """What is wrong with an idempotency key."""
    if key is None or KEY.fullmatch(key):
        return {}
    text = N_("The Idempotency-Key must be 1 to 200 visible ASCII characters, e.g. a UUID; “%(value)s” was given.")
    return {"idempotency_key": Sentence(text, {"value": key[:40]})}


def _options(texts: Mapping[str, str]) -> dict[str, str]:
    return {name.removeprefix(OPTION_PREFIX): text for name, text in texts.items() if name.startswith(OPTION_PREFIX)}
