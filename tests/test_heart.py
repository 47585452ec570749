"""Who is alive is told by the database's clock; the runs of the dead go back to the queue."""

from pathlib import Path

import pytest
from sqlmodel import Session

from app.core.heartbeats import announce, beat, forget, last_beat_age_s, leave, silent, workers
from app.core.jobs import get_jobs
from app.core.notifications import COMMENT, tell
from app.core.settings import get_settings
from app.core.tables import Notification
from tests.board_factories import make_user, set_engine_status
from tests.service import queue, rows, run_of
from worker.heart import Heart
from worker.sandbox.choice import Sandbox
from worker.sandbox.isolation import Isolation
from worker.sandbox.starters import ColdStarter

UNTRIED = Sandbox(Isolation.LIMITS, ColdStarter())


def set_silence(session: Session, executor_id: str, seconds: float) -> None:
    """Let the last beat of a worker lie that far in the past."""
    statement = "update heartbeat set beat_epoch_s = beat_epoch_s - ? where executor_id = ?"
    session.connection().exec_driver_sql(statement, (seconds, executor_id))
    session.commit()


def claim(session: Session, number: int, executor_id: str) -> None:
    """Mark a run as taken by a worker, as the engine does when it starts one."""
    statement = (
        "update workflow_status set status = 'PENDING', executor_id = ?, recovery_attempts = 1 where workflow_uuid = ?"
    )
    session.connection().exec_driver_sql(statement, (executor_id, run_of(number).id))
    session.commit()


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def heart(data_dir: Path, clock: Clock) -> Heart:
    return Heart("me:1:a", get_jobs(), get_settings(), set, UNTRIED, clock)


def test_nobody_was_heard_of_in_a_new_database(session: Session) -> None:
    assert last_beat_age_s(session) is None


def test_a_worker_is_heard_of_from_its_announcement_on(session: Session) -> None:
    announce(session, "a:1:x", "a", "cpu")

    age = last_beat_age_s(session)

    assert age is not None
    assert age < 5
    assert silent(session, {"a:1:x"}, 30) == set()


def test_silence_is_measured_by_the_database(session: Session) -> None:
    announce(session, "a:1:x", "a", "cpu")
    set_silence(session, "a:1:x", 31)

    assert silent(session, {"a:1:x"}, 30) == {"a:1:x"}
    assert silent(session, {"a:1:x"}, 60) == set()


def test_a_beat_ends_the_silence_and_tells_whether_we_are_still_known(session: Session) -> None:
    announce(session, "a:1:x", "a", "cpu")
    set_silence(session, "a:1:x", 31)

    assert beat(session, "a:1:x") is True
    assert silent(session, {"a:1:x"}, 30) == set()
    assert beat(session, "somebody else") is False


def test_a_worker_that_leaves_or_was_never_announced_is_silent_at_once(session: Session) -> None:
    announce(session, "a:1:x", "a", "cpu")
    leave(session, "a:1:x")

    assert silent(session, {"a:1:x", "b:2:y"}, 30) == {"a:1:x", "b:2:y"}


def test_workers_long_gone_are_forgotten(session: Session) -> None:
    announce(session, "old", "a", "cpu")
    announce(session, "new", "a", "cpu")
    set_silence(session, "old", 1000)

    forget(session, 900)

    assert [worker.executor_id for worker in workers(session)] == ["new"]


def test_the_run_of_a_silent_worker_goes_back_to_the_queue_and_keeps_its_count(heart: Heart, session: Session) -> None:
    number = queue()
    announce(session, "dead:1:x", "dead", "cpu")
    claim(session, number, "dead:1:x")
    set_silence(session, "dead:1:x", 1000)

    recovered = heart.beat_once()

    statement = "select status, recovery_attempts from workflow_status"
    assert recovered == [run_of(number).id]
    assert session.connection().exec_driver_sql(statement).one() == ("ENQUEUED", 1)


def test_the_run_of_a_living_worker_is_left_alone(heart: Heart, session: Session) -> None:
    number = queue()
    announce(session, "alive:1:x", "alive", "cpu")
    claim(session, number, "alive:1:x")

    assert heart.beat_once() == []
    assert get_jobs().holder(run_of(number).id) == "alive:1:x"


def test_our_own_runs_are_never_taken_from_us_by_ourselves(heart: Heart, session: Session) -> None:
    number = queue()
    claim(session, number, "me:1:a")

    assert heart.beat_once() == []


def test_two_workers_that_recover_at_once_do_it_once(heart: Heart, session: Session) -> None:
    number = queue()
    claim(session, number, "dead:1:x")
    other = Heart("other:1:b", get_jobs(), get_settings(), set, UNTRIED)

    assert len(heart.beat_once()) + len(other.beat_once()) == 1


def test_folders_of_dead_workers_are_removed_and_those_of_the_living_stay(heart: Heart, session: Session) -> None:
    announce(session, "alive:1:x", "alive", "cpu")
    session.commit()
    jobs = get_settings().data_dir / "jobs"
    for name in ("alive-1-x", "me-1-a", "dead-1-x"):
        (jobs / name / "run").mkdir(parents=True)

    heart.beat_once()

    assert sorted(path.name for path in jobs.iterdir()) == ["alive-1-x", "me-1-a"]


def test_a_worker_whose_row_was_forgotten_announces_itself_again(heart: Heart, session: Session) -> None:
    heart.beat_once()

    assert [worker.executor_id for worker in workers(session)] == ["me:1:a"]


def test_a_run_of_ours_that_has_no_thread_is_queued_again_after_the_lease(
    heart: Heart, clock: Clock, session: Session
) -> None:
    number = queue()
    claim(session, number, "me:1:a")
    first = heart.beat_once()
    clock.now += get_settings().lease_s - 1
    second = heart.beat_once()
    clock.now += 2

    assert (first, second) == ([], [])
    assert heart.beat_once() == [run_of(number).id]


def test_a_run_of_ours_that_has_a_thread_stays_ours(data_dir: Path, clock: Clock, session: Session) -> None:
    number = queue()
    claim(session, number, "me:1:a")
    busy = Heart("me:1:a", get_jobs(), get_settings(), lambda: {run_of(number).id}, UNTRIED, clock)
    busy.beat_once()
    clock.now += get_settings().lease_s + 1

    assert busy.beat_once() == []


def test_after_an_outage_the_others_get_a_lease_to_be_heard_of_again(
    heart: Heart, clock: Clock, session: Session
) -> None:
    number = queue()
    announce(session, "alive:1:x", "alive", "cpu")
    claim(session, number, "alive:1:x")
    heart.beat_once()
    set_silence(session, "alive:1:x", 1000)
    clock.now += 1000

    during = heart.beat_once()
    clock.now += get_settings().lease_s
    after = heart.beat_once()

    assert during == []
    assert after == [run_of(number).id]


def test_handing_back_leaves_alone_what_was_cancelled_or_is_anothers(session: Session) -> None:
    ours, cancelled, theirs = queue("amy"), queue("ben"), queue("cho")
    claim(session, ours, "me:1:a")
    claim(session, cancelled, "me:1:a")
    claim(session, theirs, "other:1:b")
    get_jobs().cancel(run_of(cancelled).id)

    count = get_jobs().hand_back("me:1:a")

    states = get_jobs().states([run_of(number).id for number in (ours, cancelled, theirs)])
    assert count == 1
    assert [states[run_of(number).id] for number in (ours, cancelled, theirs)] == ["queued", "cancelled", "running"]


def test_the_author_of_a_run_that_was_given_up_is_told(session: Session, heart: Heart) -> None:
    number = queue()
    set_engine_status(session, run_of(number).id, "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
    session.commit()

    heart.beat_once()

    assert [(each.kind, each.data["submission"]) for each in rows(Notification)] == [("run.failed", number)]


def test_old_messages_are_forgotten_once_an_hour(session: Session, heart: Heart, clock: Clock) -> None:
    owner = make_user(session)

    def tell_long_ago(key: str) -> None:
        tell(session, owner.stored_id, key, COMMENT, {})
        session.connection().exec_driver_sql("update notification set created = '2020-01-01 00:00:00.000000'")
        session.commit()
        heart.beat_once()

    tell_long_ago("first")
    assert rows(Notification) == []
    tell_long_ago("second")
    assert len(rows(Notification)) == 1
    for seconds in (3600, 20, 20):  # after such a silence a heart lets the others beat first
        clock.now += seconds
        heart.beat_once()
    assert rows(Notification) == []
