"""Oneself: quota, tokens, notifications, webhooks."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx

from app.client import downloads
from app.client.account_bodies import (
    ChargedRun,
    Delivery,
    KeptToken,
    MadeWebhook,
    MarkedRead,
    Notification,
    NotificationSettings,
    Quota,
    Webhook,
)
from app.client.bodies import Me, Token
from app.client.part import API, Part


class Account(Part):
    """What is mine; all of it needs a token."""

    def me(self) -> Me:
        """Whose token this is."""
        return self._read(Me, "/me")

    def quota(self) -> Quota:
        """What I may still start today, with the newest charged runs."""
        return self._read(Quota, "/me/quota")

    def charged_runs(self) -> Iterator[ChargedRun]:
        """All runs that ever counted, newest first."""
        return self._rows(ChargedRun, "/me/quota", "runs")

    def make_token(self, handle: str, password: str, name: str) -> Token:
        """A new token for whoever has this handle and password."""
        # As bytes: httpx would write text in ASCII, and the service reads UTF-8.
        who = httpx.BasicAuth(handle.encode(), password.encode())
        response = self._connection.send("POST", f"{API}/tokens", auth=who, json={"name": name})
        return self._connection.read(Token, response)

    def add_token(self, name: str, scopes: Sequence[str] = ("read", "submit")) -> Token:
        """Another token of mine. What it may do, this one may."""
        body = {"name": name, "scopes": list(scopes)}
        # Without a key: what holds a secret is answered once.
        return self._connection.read(Token, self._connection.send("POST", f"{API}/tokens", json=body))

    def tokens(self) -> Iterator[KeptToken]:
        """My tokens, newest first."""
        return self._rows(KeptToken, "/tokens", "tokens")

    def revoke_token(self, token_id: int) -> None:
        """Make one of my tokens worthless."""
        # Without a key: the one that is revoked may be the one that asks, and then nobody asks again.
        self._connection.send("DELETE", f"{API}/tokens/{token_id}", is_repeatable=True)

    def notifications(self, *, only_new: bool = False) -> Iterator[Notification]:
        """What I should hear of, newest first. Reading them here does not mark them as read."""
        return self._rows(Notification, "/notifications", "notifications", unread=1 if only_new else None)

    def mark_read(self, notification_id: int | None = None) -> int:
        """Mark one notification as read, or all; returns how many."""
        if notification_id is None:
            return self._write(MarkedRead, "POST", "/notifications/read").marked
        self._write(Notification, "POST", f"/notifications/{notification_id}/read")
        return 1

    def notification_settings(self) -> NotificationSettings:
        """Which notifications I do not want."""
        return self._read(NotificationSettings, "/notifications/settings")

    def mute(self, kinds: Sequence[str]) -> NotificationSettings:
        """Want no notifications of these kinds, but of all others; `mute([])` wants all."""
        return self._write(NotificationSettings, "PUT", "/notifications/settings", {"muted": list(kinds)})

    def download_my_data(self, folder: str | Path = ".", *, is_forced: bool = False) -> Path:
        """Save all that is kept about me, with my files, as a zip; returns where."""
        path = f"{API}/me/export.zip"
        return downloads.save(self._connection, path, Path(folder), "mnist-benchmark.zip", is_forced)

    def webhooks(self) -> Iterator[Webhook]:
        """My webhooks, newest first."""
        return self._rows(Webhook, "/webhooks", "webhooks")

    def add_webhook(self, url: str, events: Sequence[str] = ("run.finished", "record")) -> MadeWebhook:
        """Have an address told of finished runs and records. Keep its secret: it checks what comes."""
        body = {"url": url, "events": list(events)}
        return self._connection.read(MadeWebhook, self._connection.send("POST", f"{API}/webhooks", json=body))

    def test_webhook(self, webhook_id: int) -> Webhook:
        """Send it a message; `last_answer` says a few seconds later what became of it."""
        return self._write(Webhook, "POST", f"/webhooks/{webhook_id}/test")

    def deliveries(self, webhook_id: int) -> Iterator[Delivery]:
        """What became of the messages to a webhook, newest first; kept for 30 days."""
        return self._rows(Delivery, f"/webhooks/{webhook_id}/deliveries", "deliveries")

    def enable_webhook(self, webhook_id: int) -> Webhook:
        """Tell a webhook again that was given up. What happened meanwhile is not sent."""
        return self._write(Webhook, "POST", f"/webhooks/{webhook_id}/enable")

    def remove_webhook(self, webhook_id: int) -> None:
        """Tell that address no more."""
        self._answer("DELETE", f"/webhooks/{webhook_id}")
