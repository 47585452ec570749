"""What became of each message to a webhook: kept for a month, so that its owner can see why a receiver heard nothing.

A receiver that takes nothing for days is told no more, until its owner switches it on again: an address may have got
another owner meanwhile, who never asked for our calls.
"""

from datetime import timedelta
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from app.core.notifications import WEBHOOK_DISABLED, tell
from app.core.tables import Webhook, WebhookDelivery, now

ANSWER_MAXIMUM = 200
KEPT = timedelta(days=30)
# Longer than a weekend on which nobody looks after the receiver.
PATIENCE = timedelta(days=5)


def note_queued(session: Session, webhook: Webhook, delivery_id: str, event: str) -> None:
    """Note a message that is queued; the same one again changes nothing."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    row = {"webhook_id": webhook.stored_id, "delivery_id": delivery_id, "event": event, "created": now()}
    row |= {"tries": 0, "answer": ""}
    session.connection().execute(
        insert(WebhookDelivery).values(row).on_conflict_do_nothing(index_elements=["delivery_id"])
    )


def note_try(session: Session, webhook: Webhook, delivery_id: str, answer: str, is_delivered: bool) -> None:
    """Note what a try came to, on the message and on its webhook; `webhook` is a row of this session."""
    moment, kept = now(), answer[:ANSWER_MAXIMUM]
    values = {"tries": WebhookDelivery.tries + 1, "last_tried": moment, "answer": kept}
    if is_delivered:
        values["delivered"] = moment
    _update(session, delivery_id, values)
    webhook.last_tried, webhook.last_answer = moment, kept
    webhook.failing_since = None if is_delivered else webhook.failing_since or moment
    session.add(webhook)


def note_given_up(session: Session, webhook: Webhook, delivery_id: str) -> None:
    """Note that the last try has failed. Who has taken nothing for days is told no more, and its owner of that."""
    moment = now()
    _update(session, delivery_id, {"given_up": moment})
    since = webhook.failing_since
    if since is None or webhook.disabled is not None or moment - since < PATIENCE:
        return
    webhook.disabled = moment
    session.add(webhook)
    data = {"webhook": webhook.stored_id, "host": urlsplit(webhook.url).hostname or "", "days": (moment - since).days}
    tell(session, webhook.user_id, f"webhook:{webhook.id}:{since.isoformat()}", WEBHOOK_DISABLED, data)


def _update(session: Session, delivery_id: str, values: dict[str, object]) -> None:
    chosen = col(WebhookDelivery.delivery_id) == delivery_id
    session.connection().execute(sa.update(WebhookDelivery).where(chosen).values(**values))


def enable(session: Session, webhook: Webhook) -> None:
    """Tell a webhook again that was given up. What happened meanwhile is not told any more."""
    webhook.disabled = webhook.failing_since = None
    session.add(webhook)


def deliveries_of(session: Session, webhook: Webhook, limit: int, before: int | None = None) -> list[WebhookDelivery]:
    """The last messages to a webhook, newest first; `before`: only those with smaller ids."""
    statement = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook.stored_id)
    if before is not None:
        statement = statement.where(col(WebhookDelivery.id) < before)
    return list(session.exec(statement.order_by(col(WebhookDelivery.id).desc()).limit(limit)))


def forget_old_deliveries(session: Session) -> int:
    """Delete what is over a month old; returns how many."""
    is_old = col(WebhookDelivery.created) < now() - KEPT
    return session.connection().execute(sa.delete(WebhookDelivery).where(is_old)).rowcount
