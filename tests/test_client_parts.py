"""What the Python client has besides submissions and the board, against a real service on a real socket."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from app.client import Client, Conflict, InvalidFields, NotFound, NotSignedIn, account_bodies, analysis_bodies, bodies
from app.client import discussion as our_discussion
from app.core.database import session_scope
from app.core.tables import Webhook, now
from app.web.api import (
    comment_bodies,
    comparisons,
    digits,
    errors,
    forks,
    notification_settings,
    notifications,
    quota,
    repetitions,
    submission_lists,
    tokens,
    webhook_deliveries,
    webhooks,
)
from tests.api import Api, safetensors
from tests.test_client import measure, token_of

pytest_plugins = ["tests.api_fixtures"]


@pytest.fixture
def client(api: Api, live: str) -> Iterator[Client]:
    """The owner's."""
    with Client(live, token_of(api.owner), sleep=lambda _: None) as opened:
        yield opened


@pytest.fixture
def other(api: Api, live: str) -> Iterator[Client]:
    """Another student's."""
    with Client(live, token_of(api.other), sleep=lambda _: None) as opened:
        yield opened


def test_what_is_left_of_the_quota_is_told_with_the_runs_behind_it(client: Client) -> None:
    numbers = [client.submit(model="yannet").number for _ in range(3)]

    found = client.quota()

    assert found.quota is not None
    assert found.left == found.quota - 3
    assert sorted(each.submission for each in client.charged_runs()) == numbers


def test_a_long_list_is_read_to_its_end(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.client.part.PART_ROWS", 2)
    for number in range(5):
        client.add_comment(None, f"number {number}")

    assert [each.text for each in client.comments()] == [f"number {number}" for number in range(5)]


def test_filters_hold_in_every_part_of_a_list(client: Client, other: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.client.part.PART_ROWS", 1)
    mine = [client.submit(model="yannet").number for _ in range(3)]
    other.submit(model="yannet")

    assert sorted(each.number for each in client.submissions(author="owner")) == mine


def test_comments_are_written_changed_removed_and_brought_back(client: Client) -> None:
    number = client.submit(model="yannet").number
    said = client.add_comment(number, "first")

    assert client.edit_comment(said.id, "second").text == "second"
    assert client.remove_comment(said.id).text is None
    assert client.restore_comment(said.id).text == "second"
    assert client.comment(said.id).submission == number
    assert [each.id for each in client.latest_comments()] == [said.id]
    assert [each.id for each in client.comments(number)] == [said.id]


def test_a_comment_is_found_helpful_by_others_only(client: Client, other: Client) -> None:
    said = client.add_comment(None, "try padding=1")

    assert other.mark_helpful(said.id).helpful == 1
    assert other.mark_helpful(said.id, False).helpful == 0
    with pytest.raises(Conflict):
        client.mark_helpful(said.id)


def test_notifications_are_read_and_marked(client: Client, other: Client) -> None:
    number = client.submit(model="yannet").number
    for text in ("one", "two"):
        other.add_comment(number, text)

    new = list(client.notifications(only_new=True))

    assert [each.by for each in new] == ["other", "other"]
    assert client.mark_read(new[0].id) == 1
    assert client.mark_read() == 1
    assert list(client.notifications(only_new=True)) == []
    assert len(list(client.notifications())) == 2


def test_tokens_are_made_listed_and_revoked(client: Client, live: str) -> None:
    made = client.add_token("reader", ["read"])

    assert [each.name for each in client.tokens()] == ["reader", "for tests"]
    client.revoke_token(made.id)
    with Client(live, made.token) as gone, pytest.raises(NotSignedIn):
        gone.me()


def test_webhooks_are_made_tried_listed_and_removed(client: Client) -> None:
    made = client.add_webhook("https://example.org/hook", ["record"])

    assert made.secret.startswith("whsec_")
    assert client.test_webhook(made.id).id == made.id
    assert [each.events for each in client.webhooks()] == [["record"]]
    client.remove_webhook(made.id)
    assert list(client.webhooks()) == []


def test_what_became_of_messages_to_a_webhook_is_listed(client: Client) -> None:
    made = client.add_webhook("https://example.org/hook")
    client.test_webhook(made.id)

    found = list(client.deliveries(made.id))

    assert [(each.event, each.state) for each in found] == [("ping", "waiting")]
    with pytest.raises(NotFound):
        list(client.deliveries(made.id + 1))


def test_a_webhook_that_was_given_up_is_told_again(client: Client) -> None:
    made = client.add_webhook("https://example.org/hook")
    with session_scope() as session:
        session.get_one(Webhook, made.id).disabled = now()

    disabled = [each.disabled is not None for each in client.webhooks()]

    assert (disabled, client.enable_webhook(made.id).disabled) == ([True], None)


def test_kinds_of_notifications_are_chosen(client: Client, other: Client) -> None:
    number = client.submit(model="yannet").number

    chosen = client.mute(["comment"])
    other.add_comment(number, "nobody hears")

    assert chosen.muted == client.notification_settings().muted == ["comment"]
    assert list(client.notifications()) == []
    assert client.mute([]).muted == []


def test_a_comment_is_seen_before_it_is_made(client: Client) -> None:
    assert "<strong>1</strong>" in client.preview_comment("padding **1**")
    assert list(client.comments()) == []


def test_all_that_is_kept_about_me_is_downloaded(client: Client, tmp_path: Path) -> None:
    client.submit(model="yannet", title="mine")

    saved = client.download_my_data(tmp_path)

    assert saved.name == "mnist-benchmark-owner.zip"
    assert zipfile.is_zipfile(saved)


def test_two_submissions_are_compared(client: Client) -> None:
    for wrong in (10, 60):
        measure(client.submit(model="yannet", recipe={"epochs": wrong // 10}).number, wrong=wrong)

    found = client.compare(1, 2)

    assert (found.first.wrong, found.second.wrong, found.pair.is_significant) == (10, 60, True)
    assert [(each.name, each.first, each.second) for each in found.settings] == [("epochs", 1, 6)]


def test_what_a_network_misreads_is_listed(client: Client) -> None:
    measure(client.submit(model="yannet").number, wrong=3)

    found = list(client.errors(1))

    assert [each.index for each in found] == [0, 1, 2]
    assert [each.index for each in client.errors(1, read=9)] == []


def test_digits_are_listed_and_looked_at(client: Client) -> None:
    measure(client.submit(model="yannet").number, wrong=3)

    found = list(client.digits("nobody"))

    assert [each.index for each in found] == [0, 1, 2]
    assert [each.is_right for each in client.digit(0).answers] == [False]
    with pytest.raises(NotFound):
        client.digit(999_999)


def test_other_seeds_are_asked_for(client: Client) -> None:
    number = client.submit(model="yannet").number
    measure(number, wrong=20)

    asked = client.request_seeds(number, 3)

    assert [each.state for each in asked.seeds] == ["done", "queued", "queued"]
    assert client.seeds(number).mean_wrong == 20
    with pytest.raises(InvalidFields):
        client.request_seeds(number, 1000)


def test_a_fork_changes_what_is_said_and_knows_its_parent(client: Client) -> None:
    number = client.submit(model="yannet", recipe={"epochs": 2}).number
    measure(number)

    made = client.fork(number, recipe={"learning_rate": 0.05}, title="faster", idempotency_key="once")
    again = client.fork(number, recipe={"learning_rate": 0.05}, title="faster", idempotency_key="once")

    found = client.lineage(made.number)
    assert made.number == again.number
    assert (made.title, made.recipe["epochs"], found.parent) == ("faster", 2, number)
    assert [(each.name, each.after) for each in found.changes] == [("learning_rate", 0.05)]
    assert client.lineage(number).forks == [made.number]


def test_how_much_of_the_files_is_sent_is_told(client: Client, tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_bytes(safetensors(300_000))
    told: list[tuple[int, int]] = []

    client.submit(
        model="yannet", weights=tmp_path / "w.safetensors", on_sent=lambda sent, total: told.append((sent, total))
    )

    size = (tmp_path / "w.safetensors").stat().st_size
    assert told[-1] == (size, size)
    assert len(told) > 2
    assert told == sorted(told)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (account_bodies.ChargedRun, quota.ChargedRun),
        (account_bodies.Quota, quota.Quota),
        (account_bodies.KeptToken, tokens.TokenBody),
        (account_bodies.Notification, notifications.NotificationBody),
        (account_bodies.MarkedRead, notifications.MarkedRead),
        (account_bodies.MadeWebhook, webhooks.MadeWebhook),
        (account_bodies.Delivery, webhook_deliveries.DeliveryBody),
        (account_bodies.NotificationSettings, notification_settings.NotificationSettings),
        (our_discussion.Comment, comment_bodies.CommentBody),
        (analysis_bodies.Side, comparisons.SideBody),
        (analysis_bodies.Pair, comparisons.PairBody),
        (analysis_bodies.Change, comparisons.SettingChangeBody),
        (analysis_bodies.Comparison, comparisons.ComparisonBody),
        (analysis_bodies.Mistake, errors.ErrorBody),
        (analysis_bodies.ReadDigit, digits.DigitBody),
        (analysis_bodies.Answer, digits.AnswerBody),
        (analysis_bodies.SeedRun, repetitions.SeedBody),
        (analysis_bodies.Seeds, repetitions.SeedsBody),
        (analysis_bodies.ForkEffect, forks.ForkEffect),
        (analysis_bodies.Lineage, forks.LineageBody),
        (bodies.ListedSubmission, submission_lists.ListedSubmission),
        (bodies.ListedResult, submission_lists.ListedResult),
    ],
)
def test_every_name_of_the_client_is_one_of_the_services(ours: type[BaseModel], theirs: type[BaseModel]) -> None:
    assert set(ours.model_fields) <= set(theirs.model_fields)
