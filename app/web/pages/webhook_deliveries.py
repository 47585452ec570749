"""GET /me/webhooks/{id}: what became of the last messages. POST …/enable: tell a webhook again that was given up."""

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from app.core.tables import User
from app.core.webhook_deliveries import PATIENCE, deliveries_of, enable
from app.core.webhooks import find_webhook
from app.web.dependencies import CurrentUser, DbSession, FromOurForm, ThisPage

router = APIRouter(prefix="/me/webhooks/{webhook_id}")
# A page of them says what is wrong; the API has all that are kept.
LAST = 50


@router.get("")
def get_webhook(page: ThisPage, session: DbSession, reader: CurrentUser, webhook_id: int) -> Response:
    """Newest first."""
    webhook = find_webhook(session, session.get_one(User, reader.id), webhook_id)
    deliveries = deliveries_of(session, webhook, LAST)
    return page.render("webhook.html", webhook=webhook, deliveries=deliveries, patience=PATIENCE.days)


@router.post("/enable", dependencies=[FromOurForm])
def post_enable(session: DbSession, reader: CurrentUser, webhook_id: int) -> RedirectResponse:
    """From now on; what happened meanwhile is not sent."""
    enable(session, find_webhook(session, session.get_one(User, reader.id), webhook_id))
    return RedirectResponse(f"/me/webhooks/{webhook_id}", 303)
