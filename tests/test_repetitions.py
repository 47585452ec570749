"""Other seeds of the same submission: which are queued, when they may be, and what they say together."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from statistics import stdev

import numpy as np
import pytest
from sqlmodel import Session, select

from app.core.database import session_scope
from app.core.errors import Conflict, InvalidFields
from app.core.jobs import EngineState, get_jobs
from app.core.repetitions import (
    SeedRun,
    Spread,
    representative,
    request_repetitions,
    seed_runs,
    seeds_of,
    spread,
)
from app.core.requests import Weights
from app.core.runs import State, latest_run, repetitions
from app.core.submissions import find, withdraw
from app.core.tables import Classroom, Run, Submission, now
from tests.board_factories import make_failure, make_result, make_submission, make_user, set_engine_status
from tests.factories import drawn_result
from tests.test_submissions import WEIGHTS

pytest_plugins = ["tests.postgres"]


@pytest.fixture
def submission(session: Session) -> Submission:
    """One with a result."""
    made = make_submission(session, make_user(session), recipe={"seed": 7})
    set_engine_status(session, make_result(session, made, wrong=20).id, "SUCCESS")
    session.commit()
    return made


def ask(session: Session, submission: Submission, count: int) -> list[int | None]:
    queued = request_repetitions(session, get_jobs(), submission, count)
    session.commit()
    return [run.seed for run in queued]


def measure(session: Session, run: Run, wrong: int) -> None:
    drawn_result(session, run, share=1 - wrong / 1000, total=1000)


def test_the_seeds_follow_the_recipes_own(session: Session, submission: Submission) -> None:
    assert ask(session, submission, 3) == [8, 9]

    states = get_jobs().states([run.id for run in repetitions(session, submission)])
    assert set(states.values()) == {EngineState.QUEUED}


def test_behind_the_largest_seed_comes_the_smallest() -> None:
    assert seeds_of({"seed": 2**31 - 2}, 3) == [2**31 - 2, 2**31 - 1, 0]


def test_asking_again_queues_only_what_is_missing(session: Session, submission: Submission) -> None:
    ask(session, submission, 3)

    assert ask(session, submission, 3) == []
    assert ask(session, submission, 4) == [10]
    assert ask(session, submission, 2) == []


def test_many_who_ask_at_once_queue_each_seed_once(either_database: str) -> None:
    with session_scope() as session:
        made = make_submission(session, make_user(session))
        make_result(session, made)
        number = made.number

    def ask_once(_: int) -> int:
        with session_scope() as session:
            return len(request_repetitions(session, get_jobs(), find(session, number or 0), 4))

    with ThreadPoolExecutor(6) as threads:
        queued = list(threads.map(ask_once, range(6)))

    assert sorted(queued) == [0, 0, 0, 0, 0, 3]


def test_failed_and_cancelled_ones_are_tried_again(session: Session, submission: Submission) -> None:
    ask(session, submission, 3)
    first, second = repetitions(session, submission)
    first.outcome = "crashed"
    session.add(first)
    session.commit()
    get_jobs().cancel(second.id)

    assert ask(session, submission, 3) == [8, 9]
    assert [run.attempt for run in repetitions(session, submission)] == [4, 5]


def test_a_repetition_waits_behind_the_students_other_runs(session: Session, submission: Submission) -> None:
    ask(session, submission, 3)
    other = make_submission(session, make_user(session, "other"))
    session.commit()

    _, queued = get_jobs().active()

    runs = {run.id: run for run in session.exec(select(Run))}
    order = [(runs[run_id].submission_id == other.id, runs[run_id].seed) for run_id in queued]
    assert order == [(False, 8), (True, None), (False, 9)]


@pytest.mark.parametrize("count", [0, 6, -1])
def test_a_count_out_of_range_is_refused(session: Session, submission: Submission, count: int) -> None:
    with pytest.raises(InvalidFields) as caught:
        request_repetitions(session, get_jobs(), submission, count)

    assert f"“{count}” was given" in str(caught.value.fields["seeds"])


def test_without_a_result_there_is_nothing_to_repeat(session: Session) -> None:
    made = make_submission(session, make_user(session))

    with pytest.raises(Conflict, match="no result yet"):
        request_repetitions(session, get_jobs(), made, 3)


def test_a_failed_submission_is_not_repeated(session: Session) -> None:
    made = make_submission(session, make_user(session))
    make_failure(session, made)

    with pytest.raises(Conflict, match="no result yet"):
        request_repetitions(session, get_jobs(), made, 3)


def test_tested_weights_have_no_seed_to_change(session: Session) -> None:
    made = make_submission(session, make_user(session), kind="evaluate", weights=Weights(WEIGHTS.blob, "a.safetensors"))
    make_result(session, made)

    with pytest.raises(Conflict, match="was not trained here"):
        request_repetitions(session, get_jobs(), made, 3)


def test_a_withdrawn_submission_is_not_repeated(session: Session, submission: Submission) -> None:
    withdraw(session, get_jobs(), submission)

    with pytest.raises(Conflict, match="is withdrawn"):
        request_repetitions(session, get_jobs(), submission, 3)


def test_withdrawing_cancels_the_repetitions_that_have_not_ended(session: Session, submission: Submission) -> None:
    ask(session, submission, 3)
    done, running = repetitions(session, submission)
    measure(session, done, 30)
    set_engine_status(session, running.id, "PENDING")
    session.commit()

    withdraw(session, get_jobs(), submission)
    session.commit()

    assert get_jobs().states([running.id]) == {running.id: EngineState.CANCELLED}
    assert get_jobs().states([done.id]) == {done.id: EngineState.FINISHED}


def test_the_main_run_stays_the_latest_run(session: Session, submission: Submission) -> None:
    main = latest_run(session, submission).id
    ask(session, submission, 5)

    assert latest_run(session, submission).id == main


def test_all_seeds_are_told_with_their_states(session: Session, submission: Submission) -> None:
    ask(session, submission, 3)
    measure(session, repetitions(session, submission)[0], 30)
    session.commit()

    found = seed_runs(session, get_jobs(), submission)

    assert [(each.seed, each.standing.state) for each in found] == [
        (7, State.DONE),
        (8, State.DONE),
        (9, State.QUEUED),
    ]
    assert spread(found) == Spread((20, 30), 1000)


def test_mean_and_sample_deviation_are_those_of_numpy() -> None:
    found = Spread((141, 152, 133, 160), 10_000)

    assert found.mean == np.mean([141, 152, 133, 160])
    assert found.deviation == pytest.approx(np.std([141, 152, 133, 160], ddof=1)) == stdev([141, 152, 133, 160])
    assert Spread((141,), 10_000).deviation is None


def test_the_run_nearest_to_the_mean_stands_for_all(session: Session, submission: Submission) -> None:
    ask(session, submission, 3)
    for run, wrong in zip(repetitions(session, submission), (60, 40), strict=True):
        measure(session, run, wrong)
    session.commit()
    found = seed_runs(session, get_jobs(), submission)

    chosen = representative(found)

    assert chosen is not None
    assert (spread(found), chosen.seed) == (Spread((20, 60, 40), 1000), 9)


def test_of_two_as_near_the_earlier_stands_for_both(session: Session, submission: Submission) -> None:
    ask(session, submission, 2)
    measure(session, repetitions(session, submission)[0], 30)
    session.commit()

    chosen = representative(seed_runs(session, get_jobs(), submission))

    assert isinstance(chosen, SeedRun)
    assert chosen.seed == 7


def close_class(session: Session, hours_ago: int = 0) -> None:
    classroom = session.exec(select(Classroom)).one()
    classroom.closes = now() - timedelta(hours=hours_ago)
    session.add(classroom)
    session.commit()


def test_after_closing_no_new_seed_changes_what_ranks(session: Session, submission: Submission) -> None:
    close_class(session)

    with pytest.raises(Conflict, match="The ranking has closed"):
        ask(session, submission, 2)


def test_after_closing_seeds_that_were_asked_for_before_are_tried_again(
    session: Session, submission: Submission
) -> None:
    ask(session, submission, 2)
    get_jobs().cancel(repetitions(session, submission)[0].id)
    close_class(session)

    assert ask(session, submission, 2) == [8]


def test_what_came_too_late_to_rank_can_have_further_seeds(session: Session, submission: Submission) -> None:
    close_class(session, hours_ago=1)

    assert ask(session, submission, 2) == [8]
