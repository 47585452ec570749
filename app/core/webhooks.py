"""Webhooks: addresses that are told of finished runs and of records. Deliveries are signed, queued with the engine.

The signature is that of the Standard Webhooks specification: `webhook-signature: v1,` and the base64 of an HMAC-SHA256
over `id.timestamp.body`, keyed with the secret's own bytes; receivers find ready-made code for it in most languages.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Sequence
from typing import Any

from sqlmodel import Session, col, select

from app.core.errors import Conflict, InvalidFields, NotFound
from app.core.jobs import Jobs
from app.core.public_addresses import Forbidden, check_url
from app.core.sentences import N_, Sentence
from app.core.shown_names import shown, written_for
from app.core.submissions import serialize_writers
from app.core.tables import User, Webhook, now
from app.core.webhook_deliveries import note_queued

RUN_FINISHED = "run.finished"
RECORD = "record"
PING = "ping"
EVENTS = (RUN_FINISHED, RECORD)
URL_MAXIMUM = 400
# Each event is one request to each of them.
WEBHOOKS_MAXIMUM = 5
SECRET_PREFIX = "whsec_"  # noqa: S105 - not a secret: the prefix that the specification gives them
SECRET_BYTES = 24
# Nobody shall call a stranger through us as often as they can press a button.
PING_GRAIN_S = 10


def add_webhook(session: Session, user: User, url: str, events: Iterable[str]) -> Webhook:
    """Tell this address from now on. Its secret is in the row, and is to be shown this once.

    Raises:
        InvalidFields: for an address that cannot be told, or an unknown event, or none.
        Conflict: when the user has enough of them.
    """
    url, chosen = url.strip(), list(dict.fromkeys(events))
    if errors := _errors(url, chosen):
        raise InvalidFields(errors)
    serialize_writers(session, user.stored_id)
    if len(webhooks_of(session, user)) >= WEBHOOKS_MAXIMUM:
        text = N_("You have %(maximum)s webhooks, which is as many as there can be. Remove one first.")
        raise Conflict(Sentence(text, {"maximum": WEBHOOKS_MAXIMUM}))
    secret = SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    webhook = Webhook(user_id=user.stored_id, url=url, secret=secret, events=" ".join(chosen))
    session.add(webhook)
    session.flush()
    return webhook


def _errors(url: str, events: Sequence[str]) -> dict[str, Sentence]:
    errors: dict[str, Sentence] = {}
    if len(url) > URL_MAXIMUM:
        text = N_("The address has %(given)s characters; at most %(maximum)s are kept.")
        errors["url"] = Sentence(text, {"given": len(url), "maximum": URL_MAXIMUM})
    else:
        try:
            check_url(url)
        except Forbidden as error:
            errors["url"] = error.sentence
    unknown = [event for event in events if event not in EVENTS]
    if unknown or not events:
        text = N_("Choose at least one event. There are: %(choices)s; “%(value)s” was given.")
        values = {"choices": ", ".join(EVENTS), "value": ", ".join(unknown)[:80]}
        errors["events"] = Sentence(text, values)
    return errors


def webhooks_of(session: Session, user: User) -> list[Webhook]:
    """A user's webhooks, newest first."""
    return list(session.exec(select(Webhook).where(Webhook.user_id == user.id).order_by(col(Webhook.id).desc())))


def find_webhook(session: Session, user: User, webhook_id: int) -> Webhook:
    """A user's own webhook. Raises NotFound."""
    found = session.get(Webhook, webhook_id) if 0 < webhook_id < 2**31 else None
    if found is None or found.user_id != user.id:
        raise NotFound(Sentence(N_("You have no webhook #%(number)s."), {"number": webhook_id}))
    return found


def remove_webhook(session: Session, user: User, webhook_id: int) -> None:
    """Tell that address no more; what is queued for it is not sent. Raises NotFound."""
    session.delete(find_webhook(session, user, webhook_id))


def send_ping(session: Session, jobs: Jobs, webhook: Webhook) -> None:
    """Queue a delivery that says nothing, for trying the receiver; within ten seconds it is the same one."""
    _queue(session, jobs, webhook, PING, str(int(now().timestamp() // PING_GRAIN_S)), {})


def send_event(session: Session, jobs: Jobs, event: str, key: str, author_id: int, data: dict[str, Any]) -> int:
    """Queue an event for every webhook that asked for it; returns how many.

    Finished runs are told to their author and to teachers, records to everybody. The same `key` again sends nothing.
    """
    statement = select(Webhook, User).join(User, col(User.id) == col(Webhook.user_id))
    statement = statement.where(col(User.departed).is_(None), col(Webhook.disabled).is_(None))
    chosen = [(hook, user) for hook, user in session.exec(statement) if _concerns(hook, user, event, author_id)]
    author = session.get_one(User, author_id)
    for webhook, user in chosen:
        with written_for(session, user):
            named = data | {"author": shown(author).handle}
        _queue(session, jobs, webhook, event, key, named)
    return len(chosen)


def _concerns(webhook: Webhook, user: User, event: str, author_id: int) -> bool:
    is_asked = event in webhook.events.split()
    return is_asked and (event == RECORD or user.id == author_id or user.role == "teacher")


def _queue(session: Session, jobs: Jobs, webhook: Webhook, event: str, key: str, data: dict[str, Any]) -> None:
    delivery_id = f"webhook-{webhook.stored_id}-{event}-{key}"
    note_queued(session, webhook, delivery_id, event)
    body = {"type": event, "timestamp": now().isoformat(timespec="seconds"), "data": data}
    text = json.dumps(body, ensure_ascii=False)
    jobs.submit_delivery(session, delivery_id, webhook.user_id, webhook.stored_id, text)


def is_wanted(webhook: Webhook, delivery_id: str) -> bool:
    """Whether a queued message is still to be sent: not to a webhook that was given up, except to try it."""
    return webhook.disabled is None or delivery_id.startswith(f"webhook-{webhook.stored_id}-{PING}-")


def signed_headers(secret: str, delivery_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers by which a receiver knows who sent this, when, and that it is the same delivery tried again."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signature = hmac.new(key, f"{delivery_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
    }
