"""Which kinds of notifications I want."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from app.core.database import session_scope
from app.core.errors import InvalidFields
from app.core.notification_settings import mute, muted_kinds
from app.core.notifications import KINDS
from app.core.sentences import N_, Sentence
from app.core.tables import User
from app.web.api.bodies import json_body, problems, read_json
from app.web.api.callers import Caller
from app.web.api.texts import NO_FIELD

router = APIRouter(prefix="/notifications/settings", tags=["notifications"])


class NewNotificationSettings(BaseModel):
    """What I do not want to hear of."""

    muted: list[str] = Field(examples=[["comment"]], description=f"of {', '.join(KINDS)}; empty: tell me of all")


class NotificationSettings(BaseModel):
    """What I do not want to hear of, and what there is."""

    muted: list[str] = Field(examples=[["comment"]])
    kinds: list[str] = Field(examples=[list(KINDS)])


@router.get(
    "",
    operation_id="getNotificationSettings",
    summary="Which notifications I do not want",
    responses=problems(401, 403),
)
def get_settings(caller: Caller) -> NotificationSettings:
    """All are wanted until something else is said."""
    return NotificationSettings(muted=muted_kinds(caller), kinds=list(KINDS))


@router.put(
    "",
    operation_id="changeNotificationSettings",
    summary="Choose which notifications I want",
    responses=problems(400, 401, 403, 413, 415, 422),
    openapi_extra=json_body(NewNotificationSettings),
)
async def put_settings(request: Request, caller: Caller) -> NotificationSettings:
    """Holds from now on; what was told stays."""
    return await run_in_threadpool(_change, caller, _muted(await read_json(request)))


def _muted(given: dict[str, Any]) -> list[str]:
    for name in given.keys() - {"muted"}:
        raise InvalidFields({name[:40]: Sentence(NO_FIELD, {"name": name[:40], "names": "muted"})})
    muted = given.get("muted")
    if not (isinstance(muted, list) and all(isinstance(kind, str) for kind in muted)):
        text = N_("%(name)s must be a list of texts: […]; “%(value)s” was given.")
        raise InvalidFields({"muted": Sentence(text, {"name": "muted", "value": str(muted)[:40]})})
    return muted


def _change(caller: User, muted: list[str]) -> NotificationSettings:
    with session_scope() as session:
        user = session.get_one(User, caller.id)
        mute(session, user, muted)
        return NotificationSettings(muted=muted_kinds(user), kinds=list(KINDS))
