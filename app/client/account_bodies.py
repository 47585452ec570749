"""What the service says of oneself: quota, tokens, notifications, webhooks."""

from datetime import datetime
from typing import Any, Literal

from app.client.bodies import Body


class ChargedRun(Body):
    """A run that counted from the moment it was accepted; `refunded`: when it was given back."""

    run: str
    submission: int
    title: str
    seed: int | None
    charged: datetime
    refunded: datetime | None
    reason: str


class Quota(Body):
    """What may still be started today; null where nobody counts. `resets`: when the next ones come."""

    quota: int | None
    used: int
    left: int | None
    resets: datetime
    runs: list[ChargedRun]


class KeptToken(Body):
    """A token without its secret, which is kept nowhere."""

    id: int
    name: str
    scopes: list[str]
    created: datetime
    last_used: datetime | None


class Notification(Body):
    """Something that happened; `words` is a sentence in the client's language."""

    id: int
    kind: str
    words: str
    data: dict[str, Any]
    by: str | None
    path: str
    created: datetime
    read: datetime | None


class Webhook(Body):
    """An address that is told. `last_answer`: what the last try came to; `disabled`: when it was given up."""

    id: int
    url: str
    events: list[str]
    created: datetime
    last_tried: datetime | None
    last_answer: str
    failing_since: datetime | None
    disabled: datetime | None


class MadeWebhook(Webhook):
    """A new one; `secret` can be read this once."""

    secret: str


class Delivery(Body):
    """A message to a webhook. `delivery_id`: its header webhook-id; `answer`: what the last try came to."""

    id: int
    delivery_id: str
    event: str
    state: Literal["waiting", "delivered", "given_up"]
    created: datetime
    tries: int
    last_tried: datetime | None
    answer: str


class NotificationSettings(Body):
    """Which kinds of notifications I do not want, and which kinds there are."""

    muted: list[str]
    kinds: list[str]


class MarkedRead(Body):
    """How many notifications were new until now."""

    marked: int
