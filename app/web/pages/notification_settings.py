"""POST /notifications/settings: which kinds of notifications I want."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse

from app.core.notification_settings import mute
from app.core.notifications import KINDS
from app.core.tables import User
from app.web.dependencies import CurrentUser, DbSession, FromOurForm

router = APIRouter(prefix="/notifications/settings")


@router.post("", dependencies=[FromOurForm])
def post_settings(
    session: DbSession, reader: CurrentUser, wanted: Annotated[list[str] | None, Form()] = None
) -> RedirectResponse:
    """Those that are ticked; a box that is not ticked sends nothing."""
    muted = [kind for kind in KINDS if kind not in (wanted or [])]
    mute(session, session.get_one(User, reader.id), muted)
    return RedirectResponse("/notifications#settings", 303)
