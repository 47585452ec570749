"""What is told when a run has ended, each message once, however often the worker tries."""

from typing import Any

import pytest
from sqlmodel import Session, select

from app.core.announcements import announce_end, announce_given_up
from app.core.database import session_scope
from app.core.jobs import get_jobs
from app.core.notifications import find_notification, mark_all_read, mark_read, tell, unread_count
from app.core.runs import latest_run
from app.core.tables import Notification, Run, Submission, User
from app.core.webhooks import EVENTS, add_webhook
from tests.board_factories import (
    make_failure,
    make_repetition,
    make_result,
    make_submission,
    make_user,
    set_engine_status,
)
from tests.test_webhooks import queued

pytest_plugins = ["tests.postgres"]


@pytest.fixture
def owner(session: Session) -> User:
    return make_user(session, "zhou-yi")


@pytest.fixture
def rival(session: Session) -> User:
    return make_user(session, "ma-li")


def finish(session: Session, user: User, wrong: int, title: str = "a title", first_wrong: int = 0) -> Submission:
    """A run that ended well, and was told of twice: the first worker died behind the first time."""
    submission = make_submission(session, user, title=title)
    run = make_result(session, submission, wrong, first_wrong=first_wrong)
    session.commit()
    announce_end(session, get_jobs(), run.id)
    announce_end(session, get_jobs(), run.id)
    session.commit()
    return submission


def told(session: Session, user: User) -> list[tuple[str, dict[str, Any]]]:
    statement = select(Notification).where(Notification.user_id == user.id).order_by("id")
    return [(each.kind, each.data) for each in session.exec(statement)]


def test_an_author_hears_once_that_the_run_has_finished(session: Session, owner: User) -> None:
    submission = finish(session, owner, wrong=20, title="lenet-slim")

    expected = {"submission": submission.number, "title": "lenet-slim", "accuracy": 0.98}
    assert told(session, owner) == [("run.finished", expected)]


def test_a_failure_is_told_with_its_outcome_and_without_its_traceback(session: Session, owner: User) -> None:
    submission = make_submission(session, owner)
    run = make_failure(session, submission, "diverged")
    announce_end(session, get_jobs(), run.id)

    expected = {"submission": submission.number, "title": "a title", "outcome": "diverged"}
    assert told(session, owner) == [("run.failed", expected)]


def test_a_second_attempt_is_told_again(session: Session, owner: User) -> None:
    submission = make_submission(session, owner)
    announce_end(session, get_jobs(), make_failure(session, submission).id)
    session.add(Run(submission_id=submission.id, attempt=2))
    session.flush()
    announce_end(session, get_jobs(), make_result(session, submission).id)

    assert [kind for kind, _ in told(session, owner)] == ["run.failed", "run.finished"]


@pytest.mark.parametrize("outcome", [None, "cancelled"])
def test_nobody_is_told_of_a_run_that_goes_on_or_was_cancelled(
    session: Session, owner: User, outcome: str | None
) -> None:
    run = latest_run(session, make_submission(session, owner))
    run.outcome = outcome
    session.add(run)
    announce_end(session, get_jobs(), run.id)
    announce_end(session, get_jobs(), "no such run")

    assert told(session, owner) == []


def test_repetitions_with_other_seeds_are_not_told_one_by_one(session: Session, owner: User) -> None:
    submission = make_submission(session, owner)
    own = make_result(session, submission)
    repetition = make_repetition(session, submission, own, seed=2, wrong=20)
    session.commit()
    announce_end(session, get_jobs(), repetition.id)

    assert told(session, owner) == []


def test_who_held_the_record_hears_that_it_fell(session: Session, owner: User, rival: User) -> None:
    first = finish(session, owner, wrong=60)
    second = finish(session, rival, wrong=20, title="better")

    assert told(session, owner)[1:] == [
        (
            "record.fell",
            {
                "submission": second.number,
                "title": "better",
                "accuracy": 0.98,
                "by": rival.id,
                "yours": first.number,
            },
        )
    ]


def test_a_result_that_is_not_better_beyond_chance_breaks_no_record(session: Session, owner: User, rival: User) -> None:
    finish(session, owner, wrong=21)
    finish(session, rival, wrong=20)

    assert [kind for kind, _ in told(session, owner)] == ["run.finished"]


def test_who_beats_their_own_record_is_not_told_that_it_fell(session: Session, owner: User) -> None:
    finish(session, owner, wrong=60)
    finish(session, owner, wrong=20)

    assert [kind for kind, _ in told(session, owner)] == ["run.finished", "run.finished"]


def test_webhooks_hear_of_runs_and_records_once(session: Session, owner: User, rival: User) -> None:
    add_webhook(session, owner, "https://example.org/hook", EVENTS)
    first = finish(session, owner, wrong=60)
    second = finish(session, rival, wrong=20)

    events = [(body["type"], body["data"]["submission"], body["data"].get("previous")) for _, body in queued(session)]
    assert events == [
        ("run.finished", first.number, None),
        ("record", first.number, None),
        ("record", second.number, first.number),
    ]


def test_a_webhook_does_not_hear_why_a_run_failed(session: Session, owner: User) -> None:
    add_webhook(session, owner, "https://example.org/hook", EVENTS)
    announce_end(session, get_jobs(), make_failure(session, make_submission(session, owner)).id)

    ((_, body),) = queued(session)
    assert body["data"]["outcome"] == "diverged"
    assert "secret" not in str(body)


def test_a_run_that_the_engine_gave_up_is_told_once(session: Session, owner: User) -> None:
    submission = make_submission(session, owner)
    set_engine_status(session, latest_run(session, submission).id, "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
    session.commit()
    for _ in range(2):
        announce_given_up(session, get_jobs())

    assert [(kind, data["outcome"]) for kind, data in told(session, owner)] == [("run.failed", "crashed")]


def test_the_same_key_is_another_message_for_another_user(session: Session, owner: User, rival: User) -> None:
    for user in (owner, rival, owner):
        tell(session, user.stored_id, "a key", "mention", {"comment": 1})

    assert (len(told(session, owner)), len(told(session, rival))) == (1, 1)


def test_what_is_read_counts_no_more(session: Session, owner: User, rival: User) -> None:
    for user in (owner, rival):
        for key in ("a", "b", "c"):
            tell(session, user.stored_id, key, "mention", {"comment": 1})
    first = session.exec(select(Notification).where(Notification.user_id == owner.id)).first()
    assert first is not None
    mark_read(session, find_notification(session, owner.stored_id, first.stored_id))
    session.flush()

    assert unread_count(session, owner.stored_id) == 2
    assert mark_all_read(session, owner.stored_id) == 2
    assert (unread_count(session, owner.stored_id), unread_count(session, rival.stored_id)) == (0, 3)


def test_the_same_is_told_once_on_either_database(either_database: str) -> None:
    with session_scope() as session:
        user_id = make_user(session).stored_id
    for _ in range(2):
        with session_scope() as session:
            tell(session, user_id, "a key", "mention", {"comment": 1, "by": user_id})
    with session_scope() as session:
        tell(session, user_id, "another key", "mention", {"comment": 2})

    with session_scope() as session:
        assert unread_count(session, user_id) == 2
        assert mark_all_read(session, user_id) == 2
        assert unread_count(session, user_id) == 0


def test_a_failure_is_told_on_either_database(either_database: str) -> None:
    with session_scope() as session:
        user = make_user(session)
        add_webhook(session, user, "https://example.org/hook", EVENTS)
        run = make_failure(session, make_submission(session, user))
    for _ in range(2):
        with session_scope() as session:
            announce_end(session, get_jobs(), run.id)

    with session_scope() as session:
        assert [kind for kind, _ in told(session, user)] == ["run.failed"]
