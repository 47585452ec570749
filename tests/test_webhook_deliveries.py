"""What became of messages to webhooks, and webhooks that take nothing for days."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from app.core import webhook_deliveries
from app.core.database import session_scope
from app.core.departures import depart
from app.core.jobs import get_jobs
from app.core.own_data import own_data
from app.core.tables import Notification, User, Webhook, WebhookDelivery, now
from app.core.webhook_deliveries import deliveries_of, forget_old_deliveries, note_given_up, note_try
from app.core.webhooks import (
    EVENTS,
    RECORD,
    RUN_FINISHED,
    add_webhook,
    is_wanted,
    remove_webhook,
    send_event,
    send_ping,
)
from tests.api import Api
from tests.board_factories import make_user
from tests.visitors import Visitor, member, text_of, visit

__all__ = ["member", "visit"]
pytest_plugins = ["tests.api_fixtures", "tests.postgres"]
PUBLIC = "https://example.org/hook"
Advance = Callable[..., None]


@pytest.fixture(autouse=True)
def advance(monkeypatch: pytest.MonkeyPatch) -> Advance:
    """Lets time pass; otherwise it stands still."""
    start, passed = now(), [timedelta(0)]

    def later() -> datetime:
        return start + passed[0]

    def pass_by(**span: float) -> None:
        passed[0] += timedelta(**span)

    monkeypatch.setattr(webhook_deliveries, "now", later)
    return pass_by


@pytest.fixture
def user(session: Session) -> User:
    return make_user(session)


@pytest.fixture
def hook(session: Session, user: User) -> Webhook:
    return add_webhook(session, user, PUBLIC, EVENTS)


def send(session: Session, hook: Webhook, key: str = "run-1") -> WebhookDelivery:
    send_event(session, get_jobs(), RUN_FINISHED, key, hook.user_id, {"submission": 1})
    session.flush()
    return deliveries_of(session, hook, 1)[0]


def fail(session: Session, hook: Webhook, key: str) -> None:
    """All tries for a message."""
    sent = send(session, hook, key)
    for _ in range(5):
        note_try(session, hook, sent.delivery_id, "503", False)
    note_given_up(session, hook, sent.delivery_id)


def told(session: Session) -> list[tuple[str, object]]:
    session.flush()
    return [(each.kind, each.data.get("webhook")) for each in session.exec(select(Notification))]


def test_a_message_is_listed_once_from_the_moment_it_is_queued(session: Session, hook: Webhook) -> None:
    send(session, hook)
    send(session, hook)

    (sent,) = deliveries_of(session, hook, 10)
    assert (sent.event, sent.tries, sent.delivered, sent.answer) == (RUN_FINISHED, 0, None, "")
    assert sent.delivery_id == f"webhook-{hook.id}-run.finished-run-1"


def test_it_is_the_same_on_postgres(either_database: str) -> None:
    with session_scope() as session:
        hook = add_webhook(session, make_user(session), PUBLIC, EVENTS)
        fail(session, hook, "run-1")
        fail(session, hook, "run-1")

        assert [(each.tries, each.given_up is not None) for each in deliveries_of(session, hook, 9)] == [(10, True)]


def test_each_try_is_counted_and_the_last_answer_stands(session: Session, hook: Webhook) -> None:
    sent = send(session, hook)
    note_try(session, hook, sent.delivery_id, "503", False)
    note_try(session, hook, sent.delivery_id, "200", True)

    session.refresh(sent)
    assert (sent.tries, sent.answer, sent.delivered is not None) == (2, "200", True)
    assert (hook.last_answer, hook.failing_since) == ("200", None)


def test_a_webhook_that_fails_for_a_weekend_is_kept(session: Session, hook: Webhook, advance: Advance) -> None:
    fail(session, hook, "run-1")
    advance(days=4, hours=23)
    fail(session, hook, "run-2")

    assert (hook.disabled, told(session)) == (None, [])
    assert hook.failing_since is not None


def test_after_five_days_it_is_switched_off_and_its_owner_is_told_once(
    session: Session, hook: Webhook, advance: Advance
) -> None:
    fail(session, hook, "run-1")
    advance(days=5, minutes=1)
    fail(session, hook, "run-2")
    fail(session, hook, "run-2")

    assert hook.disabled is not None
    assert told(session) == [("webhook.disabled", hook.id)]


def test_an_answer_in_between_begins_the_count_anew(session: Session, hook: Webhook, advance: Advance) -> None:
    fail(session, hook, "run-1")
    advance(days=4)
    note_try(session, hook, send(session, hook, "run-2").delivery_id, "204", True)
    advance(days=4)
    fail(session, hook, "run-3")

    assert hook.disabled is None


def test_a_webhook_that_is_switched_off_is_told_nothing_but_can_be_tried(session: Session, hook: Webhook) -> None:
    queued = send(session, hook).delivery_id
    hook.disabled = now()
    session.add(hook)
    session.flush()

    assert send_event(session, get_jobs(), RECORD, "record-1", hook.user_id, {}) == 0
    send_ping(session, get_jobs(), hook)
    pinged = deliveries_of(session, hook, 1)[0].delivery_id
    assert (is_wanted(hook, queued), is_wanted(hook, pinged)) == (False, True)


def test_messages_go_with_their_webhook_and_after_a_month(
    session: Session, user: User, hook: Webhook, advance: Advance
) -> None:
    send(session, hook, "old")
    session.commit()
    advance(days=30, minutes=1)
    send(session, hook, "new")

    assert forget_old_deliveries(session) == 1
    remove_webhook(session, user, hook.stored_id)
    session.commit()
    assert session.exec(select(WebhookDelivery)).all() == []


def test_who_leaves_takes_their_messages_along(session: Session, user: User, hook: Webhook) -> None:
    send(session, hook)
    session.commit()
    assert [each["event"] for each in own_data(session, user)["webhook_deliveries"]] == [RUN_FINISHED]

    depart(session, user)

    assert session.exec(select(WebhookDelivery)).all() == []


def disabled_hook(handle: str) -> int:
    """A webhook of this user's that was switched off, with a message."""
    with session_scope() as session:
        user = session.exec(select(User).where(User.handle == handle)).one()
        hook = add_webhook(session, user, PUBLIC, EVENTS)
        fail(session, hook, "run-1")
        hook.disabled = now()
        return hook.stored_id


def test_the_page_says_why_nothing_comes_and_switches_it_on_again(member: Visitor) -> None:
    number = disabled_hook("zhou-yi")

    page = text_of(member.get(f"/me/webhooks/{number}"))
    assert "Nothing was taken for 5 days" in page
    assert [word in page for word in ("run.finished", "given up", "503")] == [True] * 3
    assert "Switched off" in text_of(member.get("/me/webhooks"))
    assert member.post(f"/me/webhooks/{number}/enable").status_code == 303
    assert "Nothing was taken" not in text_of(member.get(f"/me/webhooks/{number}"))


def test_the_api_lists_them_in_parts_and_switches_it_on_again(api: Api) -> None:
    number = disabled_hook("owner")
    with session_scope() as session:
        send_ping(session, get_jobs(), session.get_one(Webhook, number))
    path = f"/api/v1/webhooks/{number}"

    first = api.client.get(f"{path}/deliveries?limit=1", headers=api.owner).json()
    second = api.client.get(first["next"], headers=api.owner).json()

    states = [(each["event"], each["state"], each["tries"]) for each in first["deliveries"] + second["deliveries"]]
    assert states == [("ping", "waiting", 0), ("run.finished", "given_up", 5)]
    assert second["next"] is None
    assert api.client.get("/api/v1/webhooks", headers=api.owner).text.count('"disabled":null') == 0
    assert api.client.post(f"{path}/enable", headers=api.owner).json()["disabled"] is None


def test_the_owner_reads_of_it_and_is_led_there(member: Visitor) -> None:
    with session_scope() as session:
        user = session.exec(select(User).where(User.handle == "zhou-yi")).one()
        hook = add_webhook(session, user, PUBLIC, EVENTS)
        hook.failing_since = now() - timedelta(days=6, hours=1)
        note_given_up(session, hook, send(session, hook).delivery_id)

    page = member.get("/notifications")
    assert "Your webhook to example.org has taken nothing for 6 days" in text_of(page)
    assert member.get("/notifications/1").headers["location"] == f"/me/webhooks/{hook.id}"
