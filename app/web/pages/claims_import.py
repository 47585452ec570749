"""GET and POST /claims/import: a thread is read and shown; POST /claims/import/save: what is ticked is kept."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import BytesIO

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.core import claims
from app.core.blobs import chunks_of, get_blobs
from app.core.database import session_scope
from app.core.errors import InvalidFields, UploadTooLarge
from app.core.sentences import N_, Sentence
from app.core.thread.corrections import OPTIMIZERS, READERS, corrected
from app.core.thread.posts import PART_MAXIMUM_BYTES, POSTS_MAXIMUM, THREAD_MAXIMUM_BYTES
from app.core.thread.reading import read_thread
from app.web.claims_view import DraftView
from app.web.csrf import FIELD, check_token
from app.web.dependencies import CurrentUser, ThisPage
from app.web.page import Page
from app.web.sessions import Reader
from app.web.submit_fields import texts_of
from app.web.uploads import open_form

router = APIRouter(prefix="/claims/import")
SHA256 = re.compile(r"[0-9a-f]{64}")
TAKE = "take"
# A tick and the fields of each post, and those of the page.
FIELDS_LIMIT = POSTS_MAXIMUM * (len(READERS) + 1) + 10
FORGOTTEN = N_("The thread of this page is no longer here. Import it again.")
NOTHING_TAKEN = N_("Nothing is ticked that can be saved: a claim needs an accuracy.")


@router.get("")
def get_import(page: ThisPage, reader: CurrentUser) -> HTMLResponse:
    """A field for the text and one for a file."""
    claims.require_teacher(reader)
    return _form(page, "", {})


@router.post("")
async def post_import(page: ThisPage, request: Request, reader: CurrentUser) -> HTMLResponse:
    """Show what was understood; nothing is saved yet."""
    claims.require_teacher(reader)
    async with open_form(request, PART_MAXIMUM_BYTES) as form:
        typed = texts_of(form)
        check_token(request, reader, typed.get(FIELD, ""))
        return await run_in_threadpool(_preview, page, form, typed)


def _form(page: Page, text: str, errors: Mapping[str, Sentence]) -> HTMLResponse:
    return page.render("claims_import.html", 422 if errors else 200, text=text, errors=errors)


def _preview(page: Page, form: FormData, typed: Mapping[str, str]) -> HTMLResponse:
    file = form.get("file")
    data = file.file.read(THREAD_MAXIMUM_BYTES + 1) if isinstance(file, UploadFile) and file.filename else b""
    text = typed.get("text", "")
    try:
        # Browsers send a text field's lines with CR.
        data = data or text.replace("\r\n", "\n").encode("utf-8", "replace")
        drafts = _drafts(data)
        sha256 = get_blobs().store(chunks_of(BytesIO(data)), THREAD_MAXIMUM_BYTES).sha256
    except (InvalidFields, UploadTooLarge) as error:
        return _form(page, text, error.fields or {"thread": error.sentence})
    return _show(page, sha256, [DraftView(index, each, each.is_claim) for index, each in enumerate(drafts)])


def _drafts(data: bytes) -> list[claims.Draft]:
    posts = read_thread(data)
    with session_scope() as session:
        return claims.draft(session, posts)


def _show(page: Page, sha256: str, views: Sequence[DraftView], error: Sentence | None = None) -> HTMLResponse:
    is_bad = error is not None or any(view.errors for view in views)
    return page.render(
        "claims_preview.html", 422 if is_bad else 200, drafts=views, thread=sha256, optimizers=OPTIMIZERS, error=error
    )


@router.post("/save")
async def post_save(page: ThisPage, request: Request, reader: CurrentUser) -> Response:
    """Save what is ticked, as it was corrected."""
    claims.require_teacher(reader)
    async with request.form(max_fields=FIELDS_LIMIT) as form:
        typed = texts_of(form)
    check_token(request, reader, typed.get(FIELD, ""))
    return await run_in_threadpool(_save, page, reader, typed)


def _save(page: Page, reader: Reader, typed: Mapping[str, str]) -> Response:
    sha256 = typed.get("thread", "")
    try:
        drafts = _drafts(_stored(sha256))
    except InvalidFields as error:
        return _form(page, "", error.fields)
    views = [_typed_view(index, each, typed) for index, each in enumerate(drafts)]
    taken = [view.draft for view in views if view.is_taken]
    if any(view.errors for view in views):
        return _show(page, sha256, views)
    if not any(each.is_claim for each in taken):
        return _show(page, sha256, views, Sentence(NOTHING_TAKEN))
    with session_scope() as session:
        claims.save(session, taken, reader.id)
    return RedirectResponse("/claims", 303)


def _stored(sha256: str) -> bytes:
    try:
        if not SHA256.fullmatch(sha256):
            raise FileNotFoundError(sha256)
        with get_blobs().open(sha256) as file:
            return file.read(THREAD_MAXIMUM_BYTES + 1)
    except FileNotFoundError as error:
        raise InvalidFields({"thread": Sentence(FORGOTTEN)}) from error


def _typed_view(index: int, each: claims.Draft, typed: Mapping[str, str]) -> DraftView:
    """A post as it was sent back; what is not ticked is not looked at."""
    fields = {name: typed[key] for name in READERS if (key := f"{index}.{name}") in typed}
    is_taken = f"{index}.{TAKE}" in typed
    if not is_taken:
        return DraftView(index, each, is_taken, fields)
    try:
        return DraftView(index, replace(each, understood=corrected(each.understood, fields)), is_taken, fields)
    except InvalidFields as error:
        return DraftView(index, each, is_taken, fields, error.fields)
