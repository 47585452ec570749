"""A thread imported by a teacher."""

import json
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from app.core import claims
from app.core.database import session_scope
from app.core.errors import InvalidFields
from app.core.sentences import N_, Sentence
from app.core.tables import User
from app.core.thread.posts import PART_MAXIMUM_BYTES, THREAD_MAXIMUM_BYTES
from app.core.thread.reading import read_thread
from app.web.api.bodies import content_kind, json_body, problems
from app.web.api.callers import Caller
from app.web.api.claim_bodies import Imported, draft_body
from app.web.api.shapes import read_known
from app.web.uploads import open_form

router = APIRouter(tags=["claims"])
WORDS = {"true": True, "1": True, "false": False, "0": False, "": False}
NO_THREAD = N_("Send the thread: as a file or a text named thread, or as JSON {“thread”: …}.")
NO_SWITCH = N_("%(name)s is on or off (true or false); “%(value)s” was given.")


class Thread(BaseModel):
    """A thread. Without `save` nothing is stored."""

    thread: str | list[Any] | dict[str, Any] = Field(
        examples=["### 2021-11-05 alice\nAdam, batch size 64, test acc 94.27 %"],
        description="Markdown as text, or what GitHub's API gives for an issue and its comments",
    )
    save: bool = False


def _form_schema() -> dict[str, Any]:
    properties = {"thread": {"type": "string", "format": "binary"}, "save": {"enum": [*WORDS], "default": "false"}}
    return {"multipart/form-data": {"schema": {"type": "object", "properties": properties, "required": ["thread"]}}}


@router.post(
    "/claims/import",
    operation_id="importThread",
    summary="Read a thread, and save its claims",
    responses=problems(400, 401, 403, 413, 415, 422),
    openapi_extra=json_body(Thread, **_form_schema()),
)
async def post_import(request: Request, caller: Caller) -> Imported:
    """For teachers. Shows what is understood; with `save` also keeps what is new here."""
    claims.require_teacher(caller)
    thread, save = await _read(request)
    return await run_in_threadpool(_import, request, caller, thread, save)


async def _read(request: Request) -> tuple[bytes, bool]:
    if content_kind(request) == "multipart/form-data":
        async with open_form(request, PART_MAXIMUM_BYTES) as form:
            thread = form.get("thread")
            data = await thread.read(THREAD_MAXIMUM_BYTES + 1) if isinstance(thread, UploadFile) else thread
            return _thread(data), _switch(form.get("save", ""))
    given = await read_known(request, Thread)
    return _thread(given.get("thread")), _switch(given.get("save", False))


def _thread(value: Any) -> bytes:
    if isinstance(value, list | dict):
        value = json.dumps(value)
    if isinstance(value, str):
        value = value.encode("utf-8", "replace")
    if not isinstance(value, bytes) or not value:
        raise InvalidFields({"thread": Sentence(NO_THREAD)})
    return value


def _switch(value: Any) -> bool:
    found = value if isinstance(value, bool) else WORDS.get(str(value).strip().lower())
    if found is None:
        raise InvalidFields({"save": Sentence(NO_SWITCH, {"name": "save", "value": str(value)[:40]})})
    return found


def _import(request: Request, caller: User, thread: bytes, save: bool) -> Imported:
    posts = read_thread(thread)
    with session_scope() as session:
        drafts = claims.draft(session, posts)
        saved = claims.save(session, drafts, caller.id) if save else []
        ids = [claim.stored_id for claim in saved]
    return Imported(posts=[draft_body(each, request) for each in drafts], saved=ids)
