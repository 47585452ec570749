"""GET and POST /me/webhooks, POST /me/webhooks/{id}/remove and /test: addresses that are told."""

from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from app.core import webhooks
from app.core.errors import Conflict, InvalidFields
from app.core.sentences import N_
from app.core.tables import User
from app.web.dependencies import CurrentUser, DbSession, EngineJobs, FromOurForm, ThisPage

router = APIRouter(prefix="/me/webhooks")
EVENT_WORDS = {
    webhooks.RUN_FINISHED: N_("A run of mine has ended (for teachers: of anybody)"),
    webhooks.RECORD: N_("Somebody has set a new record"),
}


@router.get("")
def get_webhooks(page: ThisPage, session: DbSession, reader: CurrentUser) -> Response:
    """The list, without secrets, and the form."""
    found = webhooks.webhooks_of(session, session.get_one(User, reader.id))
    return page.render("webhooks.html", webhooks=found, **_form())


def _form(url: str = "", events: list[str] | None = None, **more: Any) -> dict[str, Any]:
    chosen = list(webhooks.EVENTS) if events is None else events
    return {"made": None, "url": url, "chosen": chosen, "event_words": EVENT_WORDS, "errors": {}} | more


@router.post("", dependencies=[FromOurForm])
def post_webhook(
    page: ThisPage,
    session: DbSession,
    reader: CurrentUser,
    url: Annotated[str, Form()] = "",
    events: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Make one and show its secret, this once."""
    user = session.get_one(User, reader.id)
    try:
        form = _form(made=webhooks.add_webhook(session, user, url, events or []))
    except InvalidFields as error:
        form = _form(url, events or [], errors=error.fields)
    except Conflict as error:
        form = _form(url, events or [], errors={"url": error.sentence})
    status = 422 if form["errors"] else 200
    response = page.render("webhooks.html", status, webhooks=webhooks.webhooks_of(session, user), **form)
    response.headers["Cache-Control"] = "no-store"
    return response


@router.post("/{webhook_id}/remove", dependencies=[FromOurForm])
def post_remove(session: DbSession, reader: CurrentUser, webhook_id: int) -> RedirectResponse:
    """It is told no more."""
    webhooks.remove_webhook(session, session.get_one(User, reader.id), webhook_id)
    return RedirectResponse("/me/webhooks", 303)


@router.post("/{webhook_id}/test", dependencies=[FromOurForm])
def post_test(session: DbSession, jobs: EngineJobs, reader: CurrentUser, webhook_id: int) -> RedirectResponse:
    """Send it something at once."""
    user = session.get_one(User, reader.id)
    webhooks.send_ping(session, jobs, webhooks.find_webhook(session, user, webhook_id))
    return RedirectResponse("/me/webhooks", 303)
