"""A finished run is told by a real worker: to its author, and to a real server that fails the first time."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import Session

from app.core.accounts import find_user
from app.core.database import session_scope
from app.core.outcomes import Outcome
from app.core.tables import Notification, Run, Webhook, WebhookDelivery
from app.core.webhooks import RECORD, RUN_FINISHED
from tests.board_factories import make_result, make_submission, make_user
from tests.conftest import clear_caches
from tests.receiver import Receiver, is_signed, receiver
from tests.service import Service, ended, queue, rows, service, wait_until, write_tiny_dataset
from worker.announce import announce

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
# The first delay is ten seconds.
TWO_TRIES_S = 60


@pytest.fixture
def running(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setenv("WEBHOOKS_TO_LOCAL", "true")
    clear_caches()
    write_tiny_dataset(data_dir)
    with service(data_dir) as started:
        yield started


def add_hook(there: Receiver, handle: str = "zhou") -> None:
    with session_scope() as session:
        user = find_user(session, handle)
        assert user is not None
        session.add(Webhook(user_id=user.stored_id, url=there.address, secret=SECRET))


def test_messages_that_cannot_be_written_change_no_result(session: Session) -> None:
    submission = make_submission(session, make_user(session))
    run = make_result(session, submission)
    session.commit()
    session.connection().exec_driver_sql("DROP TABLE notification")
    session.commit()

    announce(run.id)

    assert session.get_one(Run, run.id).outcome == Outcome.OK


def test_a_run_that_ends_well_is_told_and_a_failed_delivery_is_tried_again(running: Service) -> None:
    with receiver(503, 200) as there:
        number = queue()
        add_hook(there)
        running.worker()
        assert ended(number) is Outcome.OK
        wait_until(lambda: len(there.requests) >= 3, TWO_TRIES_S)
        wait_until(lambda: rows(Webhook)[0].last_answer == "200", 10)

    assert {body["type"] for body in there.bodies} == {RUN_FINISHED, RECORD}
    assert all(is_signed(SECRET, headers, body) for _, headers, body in there.requests)
    ids = [headers["webhook-id"] for _, headers, _ in there.requests]
    assert (len(ids), len(set(ids)), ids[0] in ids[1:]) == (3, 2, True)
    finished = next(body["data"] for body in there.bodies if body["type"] == RUN_FINISHED)
    assert (finished["submission"], finished["outcome"], finished["author"]) == (number, "ok", "zhou")
    (told,) = rows(Notification)
    assert (told.kind, told.data["submission"]) == ("run.finished", number)
    kept = sorted((each.event, each.tries, each.answer) for each in rows(WebhookDelivery))
    assert [(event, answer) for event, _, answer in kept] == [(RECORD, "200"), (RUN_FINISHED, "200")]
    assert sum(tries for _, tries, _ in kept) == 3
