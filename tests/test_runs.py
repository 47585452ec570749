"""The state that people see of a run, and its story."""

import pytest
from sqlmodel import Session, select

from app.core.database import session_scope
from app.core.jobs import get_jobs
from app.core.outcomes import Outcome
from app.core.runs import (
    STATE_AFTER,
    State,
    Superseded,
    add_event,
    begin,
    events_after,
    latest_run,
    result_of,
    standing,
    standings,
)
from app.core.submissions import retry
from app.core.tables import Event, Run
from tests.board_factories import make_failure, make_result, make_submission, make_user, set_engine_status

pytest_plugins = ["tests.postgres"]


@pytest.fixture
def run(session: Session) -> Run:
    """A queued run."""
    run = latest_run(session, make_submission(session, make_user(session)))
    session.commit()
    return run


def seen(session: Session, run: Run) -> tuple[State, Outcome | None]:
    session.commit()
    found = standing(session, get_jobs(), run)
    return found.state, found.outcome


def test_a_run_that_waits_is_queued(session: Session, run: Run) -> None:
    assert seen(session, run) == (State.QUEUED, None)


def test_a_cancelled_run_that_never_began_is_cancelled(session: Session, run: Run) -> None:
    get_jobs().cancel(run.id)

    assert seen(session, run) == (State.CANCELLED, Outcome.CANCELLED)


def test_a_run_that_a_worker_took_is_checking_until_it_says_more(session: Session, run: Run) -> None:
    set_engine_status(session, run.id, "PENDING")

    assert seen(session, run) == (State.CHECKING, None)


@pytest.mark.parametrize(
    ("kind", "state"), [*STATE_AFTER.items(), ("log", State.CHECKING), ("surprise", State.CHECKING)]
)
def test_a_running_runs_state_is_that_of_its_last_telling_event(
    session: Session, run: Run, kind: str, state: State
) -> None:
    set_engine_status(session, run.id, "PENDING")
    start = begin(session, run.id, "worker-1", "A")
    add_event(session, run.id, start, kind, {})

    assert seen(session, run) == (state, None)


def test_a_log_line_changes_no_state(session: Session, run: Run) -> None:
    set_engine_status(session, run.id, "PENDING")
    start = begin(session, run.id, "worker-1", "A")
    add_event(session, run.id, start, "loss", {})
    add_event(session, run.id, start, "log", {"text": "hello"})

    assert seen(session, run) == (State.TRAINING, None)


def test_a_run_that_is_started_again_is_checking_again(session: Session, run: Run) -> None:
    set_engine_status(session, run.id, "PENDING")
    add_event(session, run.id, begin(session, run.id, "worker-1", "A"), "testing", {})
    begin(session, run.id, "worker-2", "A")

    assert seen(session, run) == (State.CHECKING, None)


def test_a_run_whose_worker_died_three_times_has_crashed_and_says_so(session: Session, run: Run) -> None:
    set_engine_status(session, run.id, "MAX_RECOVERY_ATTEMPTS_EXCEEDED")

    assert seen(session, run) == (State.FAILED, Outcome.CRASHED)
    assert "three times" in str(standing(session, get_jobs(), run).message)


def test_a_run_that_failed_inside_the_engine_is_our_fault(session: Session, run: Run) -> None:
    set_engine_status(session, run.id, "ERROR")

    assert seen(session, run) == (State.FAILED, Outcome.INTERNAL)


def test_a_run_that_the_engine_does_not_know_is_our_fault(session: Session, run: Run) -> None:
    unknown = Run(submission_id=run.submission_id, attempt=2)
    session.add(unknown)

    assert seen(session, unknown) == (State.FAILED, Outcome.INTERNAL)


def test_a_recorded_ending_goes_before_what_the_engine_says(session: Session, run: Run) -> None:
    run.outcome = "ok"
    session.add(run)
    set_engine_status(session, run.id, "PENDING")

    assert seen(session, run) == (State.DONE, Outcome.OK)


@pytest.mark.parametrize("outcome", [o for o in Outcome if o not in (Outcome.OK, Outcome.CANCELLED)])
def test_every_failure_is_shown_as_failed_with_a_sentence(session: Session, run: Run, outcome: Outcome) -> None:
    run.outcome = outcome
    session.add(run)

    assert seen(session, run) == (State.FAILED, outcome)
    assert str(standing(session, get_jobs(), run).message)


def test_a_failures_own_sentence_is_shown_with_its_values(session: Session) -> None:
    run = make_failure(session, make_submission(session, make_user(session)))

    assert str(standing(session, get_jobs(), run).message) == "The loss became NaN in epoch 2."


def test_many_runs_are_told_apart_at_once(session: Session) -> None:
    user = make_user(session)
    queued, done, cancelled = (latest_run(session, make_submission(session, user)) for _ in range(3))
    done.outcome = "ok"
    session.commit()
    get_jobs().cancel(cancelled.id)

    found = standings(session, get_jobs(), [queued, done, cancelled])

    assert [found[run.id].state for run in (queued, done, cancelled)] == [State.QUEUED, State.DONE, State.CANCELLED]


def test_no_runs_have_no_standings(session: Session) -> None:
    assert standings(session, get_jobs(), []) == {}


def test_beginning_notes_worker_and_time_and_counts_the_starts(session: Session, run: Run) -> None:
    assert [begin(session, run.id, worker, "A") for worker in ("worker-1", "worker-2")] == [1, 2]

    assert (run.worker, run.isolation, run.started is not None) == ("worker-2", "A", True)


def test_events_are_numbered_from_one(session: Session, run: Run) -> None:
    start = begin(session, run.id, "worker-1", "A")

    assert [add_event(session, run.id, start, "log", {"text": str(i)}) for i in range(3)] == [2, 3, 4]


def test_a_worker_that_was_superseded_cannot_add_to_the_story(session: Session, run: Run) -> None:
    old_start = begin(session, run.id, "frozen", "A")
    begin(session, run.id, "worker-2", "A")

    with pytest.raises(Superseded):
        add_event(session, run.id, old_start, "epoch", {"accuracy": 1.0})

    assert [event.kind for event in session.exec(select(Event))] == ["start", "start"]


def test_a_worker_that_never_began_cannot_add_to_the_story(session: Session, run: Run) -> None:
    with pytest.raises(Superseded):
        add_event(session, run.id, 1, "log", {})


def test_events_behind_a_number_come_oldest_first_and_no_more_than_asked_for(session: Session, run: Run) -> None:
    start = begin(session, run.id, "worker-1", "A")
    for i in range(5):
        add_event(session, run.id, start, "log", {"text": str(i)})

    assert [event.seq for event in events_after(session, run.id, 2, limit=3)] == [3, 4, 5]


def test_events_of_another_run_are_not_mine(session: Session, run: Run) -> None:
    other = latest_run(session, make_submission(session, make_user(session, "other")))
    begin(session, other.id, "worker-1", "A")

    assert events_after(session, run.id, 0) == []


def test_the_latest_run_is_the_last_attempt(session: Session) -> None:
    submission = make_submission(session, make_user(session))
    make_failure(session, submission)
    session.commit()

    retry(session, get_jobs(), submission)

    assert latest_run(session, submission).attempt == 2


def test_a_run_that_ended_well_has_a_result_and_another_none(session: Session, run: Run) -> None:
    done = make_result(session, make_submission(session, make_user(session, "other")))

    assert result_of(session, done) is not None
    assert result_of(session, run) is None


def test_either_database_tells_the_same_states(either_database: str) -> None:
    with session_scope() as session:
        user = make_user(session)
        runs = [latest_run(session, make_submission(session, user)) for _ in range(4)]
    get_jobs().cancel(runs[1].id)
    with session_scope() as session:
        set_engine_status(session, runs[2].id, "PENDING")
        add_event(session, runs[2].id, begin(session, runs[2].id, "worker-1", "A"), "loss", {"losses": [0.5]})
        set_engine_status(session, runs[3].id, "MAX_RECOVERY_ATTEMPTS_EXCEEDED")

    with session_scope() as session:
        found = standings(session, get_jobs(), runs)

    assert [found[run.id].state for run in runs] == [State.QUEUED, State.CANCELLED, State.TRAINING, State.FAILED]
