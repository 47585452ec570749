"""My account: name and language, password, sessions, connected accounts, my data, and leaving."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from app.core.accounts import end_sessions, set_name, set_password
from app.core.database import session_scope
from app.core.departures import depart
from app.core.errors import InvalidFields
from app.core.identities import disconnect, identities_of
from app.core.own_data import own_data, own_files
from app.core.sentences import N_, Sentence
from app.core.tables import User
from app.web.api.bodies import json_body, problems, read_json
from app.web.api.callers import Caller, PasswordOwner
from app.web.api.people import Me
from app.web.api.texts import read_texts
from app.web.languages import LANGUAGES
from app.web.zip_answers import zip_answer

router = APIRouter(prefix="/me", tags=["people"])
ZIP = {"application/zip": {"schema": {"type": "string", "format": "binary"}}}
ARCHIVE: dict[int | str, dict[str, Any]] = {200: {"content": ZIP}}


class MyChanges(BaseModel):
    """What is left out stays as it is."""

    name: str = Field(default="", examples=["Zhou Yi"], max_length=80)
    language: str = Field(default="", examples=["zh"], description="zh or en")


class NewPassword(BaseModel):
    """The new one; the old one is in the Authorization header."""

    password: str = Field(examples=["another long sentence"], min_length=10, max_length=1000)


class IdentityBody(BaseModel):
    """An account at another provider with which I sign in."""

    id: int
    issuer: str = Field(examples=["https://github.com"])
    created: datetime


@router.patch(
    "",
    operation_id="changeMe",
    summary="Change my name or language",
    responses=problems(400, 401, 403, 413, 415, 422),
    openapi_extra=json_body(MyChanges),
)
async def patch_me(request: Request, caller: Caller) -> Me:
    """The name stands on the board, also beside what was submitted before."""
    texts = read_texts(await read_json(request), ("name", "language"))
    return await run_in_threadpool(_change, caller, texts)


def _change(caller: User, texts: dict[str, str]) -> Me:
    if texts["language"] not in ("", *LANGUAGES):
        text = N_("There is no language “%(value)s” here. The languages are: %(names)s.")
        values = {"value": texts["language"][:40], "names": ", ".join(LANGUAGES)}
        raise InvalidFields({"language": Sentence(text, values)})
    with session_scope() as session:
        user = session.get_one(User, caller.id)
        if texts["name"]:
            set_name(session, user, texts["name"])
        user.language = texts["language"] or user.language
        session.add(user)
    return Me.model_validate(user, from_attributes=True)


@router.put(
    "/password",
    operation_id="changePassword",
    summary="Change my password",
    status_code=204,
    responses=problems(400, 401, 413, 415, 422, 429),
    openapi_extra=json_body(NewPassword),
)
async def put_password(request: Request, owner: PasswordOwner) -> None:
    """With handle and present password, not with a token: `curl -u handle -X PUT …`. Ends all sessions."""
    password = read_texts(await read_json(request), ("password",))["password"]
    await run_in_threadpool(_set_password, owner, password)


def _set_password(owner: User, password: str) -> None:
    with session_scope() as session:
        set_password(session, session.get_one(User, owner.id), password)


@router.delete(
    "/sessions",
    operation_id="endSessions",
    summary="Sign me out everywhere",
    status_code=204,
    responses=problems(401, 403),
)
def delete_sessions(caller: Caller) -> None:
    """In all browsers. Tokens stay: revoke them one by one."""
    with session_scope() as session:
        end_sessions(session, session.get_one(User, caller.id))


@router.get(
    "/identities", operation_id="listIdentities", summary="Accounts that I sign in with", responses=problems(401)
)
def get_identities(caller: Caller) -> list[IdentityBody]:
    """Empty for those who sign in with a password only."""
    with session_scope() as session:
        return [IdentityBody.model_validate(each, from_attributes=True) for each in identities_of(session, caller)]


@router.delete(
    "/identities/{identity_id}",
    operation_id="disconnectIdentity",
    summary="Sign in with such an account no longer",
    status_code=204,
    responses=problems(401, 403, 404, 409, 422),
)
def delete_identity(identity_id: int, caller: Caller) -> None:
    """Not the last way in, while there is no password."""
    with session_scope() as session:
        disconnect(session, session.get_one(User, caller.id), identity_id)


@router.get("/export", operation_id="exportMe", summary="All that is kept about me", responses=problems(401))
def get_export(caller: Caller) -> dict[str, Any]:
    """As on my page; without hashes of secrets."""
    with session_scope() as session:
        return own_data(session, session.get_one(User, caller.id))


@router.get(
    "/export.zip",
    operation_id="exportMeWithFiles",
    summary="The same with my files",
    response_class=Response,
    responses={**ARCHIVE, **problems(401)},
)
def get_export_zip(caller: Caller) -> Response:
    """Uploaded models and weights, and what was trained here."""
    with session_scope() as session:
        user = session.get_one(User, caller.id)
        data, files = own_data(session, user), own_files(session, user)
    return zip_answer(f"mnist-benchmark-{user.handle}.zip", data, files)


@router.delete(
    "",
    operation_id="deleteMe",
    summary="Delete my account",
    status_code=204,
    responses=problems(401, 409, 429),
)
def delete_me(owner: PasswordOwner) -> None:
    """With handle and password, not with a token. What was submitted stays under no name; this cannot be undone."""
    with session_scope() as session:
        depart(session, session.get_one(User, owner.id))
