"""Evaluating again: the old score stands until the new run has ended well, and nothing is told twice."""

from typing import Any

import pytest
from sqlmodel import Session, select

from app.core.announcements import announce_end, announce_given_up
from app.core.board import find_board
from app.core.class_settings import change_class
from app.core.database import session_scope
from app.core.jobs import Jobs, get_jobs
from app.core.joining import the_class
from app.core.looks import count_looks
from app.core.notifications import RECORD_FELL, RECORD_LOST, REEVALUATED
from app.core.quotas import find_allowance
from app.core.reevaluations import find_reevaluation, note_end, reevaluate
from app.core.repetitions import seed_runs
from app.core.runs import State, latest_run
from app.core.submissions import withdraw
from app.core.tables import Audit, Notification, Result, Run, Submission, User
from tests.board_factories import (
    end_reevaluation,
    make_failure,
    make_repetition,
    make_result,
    make_submission,
    make_user,
    set_engine_status,
)

pytest_plugins = ["tests.postgres"]


@pytest.fixture
def teacher(session: Session) -> User:
    return make_user(session, "ms-li", "teacher")


@pytest.fixture
def owner(session: Session) -> User:
    return make_user(session, "zhou-yi")


def measured(session: Session, user: User, wrong: int = 20, first_wrong: int = 0, **request: Any) -> Submission:
    """A submission with a result that was told of."""
    submission = make_submission(session, user, **request)
    run = make_result(session, submission, wrong, first_wrong=first_wrong)
    set_engine_status(session, run.id, "SUCCESS")
    session.commit()
    announce_end(session, get_jobs(), run.id)
    session.commit()
    return submission


def again(session: Session, teacher: User, *chosen: Submission) -> list[Run]:
    """Have these evaluated again; the runs that were queued for it."""
    before = set(session.exec(select(Run.id)))
    reevaluate(session, get_jobs(), teacher, chosen)
    session.commit()
    return [run for run in session.exec(select(Run).order_by("attempt")) if run.id not in before]


def finished(session: Session, run: Run, wrong: int, first_wrong: int = 0) -> None:
    """End a new evaluation as a worker does, and tell of it twice: the first worker died behind the first time."""
    end_reevaluation(session, run, wrong, first_wrong)
    session.commit()
    announce_end(session, get_jobs(), run.id)
    announce_end(session, get_jobs(), run.id)
    session.commit()


def told(session: Session, user: User) -> list[str]:
    return list(session.exec(select(Notification.kind).where(Notification.user_id == user.id).order_by("id")))


def wrongs(session: Session) -> dict[int | None, float]:
    return {entry.number: entry.wrong for entry in find_board(session, "mnist").entries}


def test_the_old_score_stands_until_the_new_run_has_ended_well(session: Session, teacher: User, owner: User) -> None:
    submission = measured(session, owner, wrong=20)
    old = latest_run(session, submission)
    [run] = again(session, teacher, submission)

    assert (latest_run(session, submission).id, wrongs(session)) == (old.id, {1: 20})
    finished(session, run, wrong=15)
    assert (latest_run(session, submission).id, wrongs(session)) == (run.id, {1: 15})


def test_when_the_new_run_fails_the_old_score_stands_on(session: Session, teacher: User, owner: User) -> None:
    submission = measured(session, owner, wrong=20)
    [run] = again(session, teacher, submission)
    run.outcome = "diverged"
    session.add(run)
    session.commit()
    announce_end(session, get_jobs(), run.id)

    found = find_reevaluation(session, get_jobs(), submission)
    assert found is not None
    assert (found.standing.state, found.after) == (State.FAILED, None)
    assert wrongs(session) == {1: 20}
    assert told(session, owner) == ["run.finished"]


def test_nobody_is_charged_and_students_runs_go_first(session: Session, teacher: User, owner: User) -> None:
    submission = measured(session, owner)
    used = find_allowance(session, get_jobs(), owner).used
    [run] = again(session, teacher, submission)
    newer = latest_run(session, make_submission(session, owner))
    session.commit()

    assert get_jobs().active() == ([], [newer.id, run.id])
    assert find_allowance(session, get_jobs(), owner).used == used + 1


def test_a_student_whose_work_is_evaluated_again_waits_no_longer_for_it(
    session: Session, teacher: User, owner: User
) -> None:
    again(session, teacher, *[measured(session, owner) for _ in range(3)])
    other = latest_run(session, make_submission(session, make_user(session, "ma-li")))
    session.commit()
    own = latest_run(session, make_submission(session, owner))
    session.commit()

    assert get_jobs().active()[1][:2] == [other.id, own.id]


def test_every_seed_with_a_result_is_run_again(session: Session, teacher: User, owner: User) -> None:
    submission = measured(session, owner, wrong=20)
    make_repetition(session, submission, latest_run(session, submission), seed=1, wrong=30)
    session.commit()
    own, other = again(session, teacher, submission)

    assert (own.seed, other.seed, own.attempt, other.attempt) == (None, 1, 3, 4)
    assert wrongs(session) == {1: 25}
    finished(session, other, wrong=10)
    assert wrongs(session) == {1: 15}
    assert [each.run.id for each in seed_runs(session, get_jobs(), submission)][1] == other.id


@pytest.mark.parametrize("case", ["withdrawn", "no result", "under way"])
def test_what_cannot_be_evaluated_again_is_left_out_with_its_reason(
    session: Session, teacher: User, owner: User, case: str
) -> None:
    submission = make_submission(session, owner) if case == "no result" else measured(session, owner)
    if case == "withdrawn":
        withdraw(session, get_jobs(), submission)
    session.commit()
    if case == "under way":
        again(session, teacher, submission)
    queued, left_out = reevaluate(session, get_jobs(), teacher, [submission])

    words = {"withdrawn": "is withdrawn", "no result": "has no result", "under way": "already"}[case]
    assert (queued, words in str(left_out[1])) == ([], True)


def test_a_withdrawal_cancels_the_new_evaluation_too(session: Session, teacher: User, owner: User) -> None:
    submission = measured(session, owner)
    again(session, teacher, submission)
    withdraw(session, get_jobs(), submission)

    assert get_jobs().active() == ([], [])


def test_the_audit_log_holds_both_scores(session: Session, teacher: User, owner: User) -> None:
    submission = measured(session, owner, wrong=20)
    [run] = again(session, teacher, submission)
    end_reevaluation(session, run, wrong=15)
    note_end(session, run, submission)
    session.flush()

    row = session.exec(select(Audit).where(Audit.action == "submission.reevaluated")).one()
    assert (row.actor_id, row.subject) == (teacher.id, "submission 1")
    assert (row.detail["was"]["wrong"], row.detail["is"]["wrong"], row.detail["run"]) == (20, 15, run.id)


def test_the_author_hears_of_a_new_score_and_of_an_equal_one_nothing(
    session: Session, teacher: User, owner: User
) -> None:
    equal, changed = measured(session, owner, wrong=20), measured(session, owner, wrong=30)
    for run, wrong in zip(again(session, teacher, equal, changed), (20, 31), strict=True):
        finished(session, run, wrong)

    assert told(session, owner) == ["run.finished", "run.finished", REEVALUATED]
    data = session.exec(select(Notification).where(Notification.kind == REEVALUATED)).one().data
    assert (data["was"], data["accuracy"], data["submission"]) == (0.97, 0.969, 2)


def test_a_record_that_is_measured_again_stays_the_record_and_is_told_of_once(
    session: Session, teacher: User, owner: User
) -> None:
    rival = make_user(session, "ma-li")
    first = measured(session, rival, wrong=60)
    record = measured(session, owner, wrong=20)
    tie = measured(session, rival, wrong=19)
    for run in again(session, teacher, record):
        finished(session, run, wrong=20)

    board = find_board(session, "mnist")
    assert board.record is not None
    assert (board.record.holder, board.record.steps[0].number) == (record.id, first.number)
    assert tie.id in board.record.ties
    assert told(session, rival).count(RECORD_FELL) == 1
    assert RECORD_LOST not in told(session, owner)


def test_who_loses_the_record_by_a_new_evaluation_hears_it(session: Session, teacher: User, owner: User) -> None:
    rival = make_user(session, "ma-li")
    first = measured(session, rival, wrong=60)
    record = measured(session, owner, wrong=20)
    [run] = again(session, teacher, record)
    finished(session, run, wrong=80)

    board = find_board(session, "mnist")
    assert board.record is not None
    assert board.record.holder == first.id
    assert told(session, owner)[-2:] == [REEVALUATED, RECORD_LOST]
    assert told(session, rival).count(RECORD_FELL) == 1


def test_a_record_that_the_new_score_sets_is_told_like_any_other(session: Session, teacher: User, owner: User) -> None:
    rival = make_user(session, "ma-li")
    measured(session, rival, wrong=60)
    submission = measured(session, owner, wrong=62)
    [run] = again(session, teacher, submission)
    finished(session, run, wrong=20)

    assert told(session, rival).count(RECORD_FELL) == 1


def test_after_closing_a_submission_keeps_its_rank(session: Session, teacher: User, owner: User) -> None:
    submission = measured(session, owner, wrong=20)
    change_class(session, the_class(session), {"opens": "2020-01-01T00:00", "closes": _later(session)}, teacher)
    session.commit()
    [run] = again(session, teacher, submission)
    finished(session, run, wrong=15)

    [entry] = find_board(session, "mnist").entries
    assert entry.is_ranked


def _later(session: Session) -> str:
    """The moment after the newest submission: the class is closed since."""
    created = max(session.exec(select(Submission.created)))
    return created.replace(microsecond=999_999).isoformat()


def test_equal_results_keep_their_order_when_the_earlier_one_is_measured_again(
    session: Session, teacher: User, owner: User
) -> None:
    first = measured(session, owner, wrong=20)
    second = measured(session, make_user(session, "ma-li"), wrong=20)
    [run] = again(session, teacher, first)
    finished(session, run, wrong=20)

    assert [entry.number for entry in find_board(session, "mnist").entries] == [first.number, second.number]


def test_a_new_evaluation_is_no_look_at_the_test_set(session: Session, teacher: User, owner: User) -> None:
    submission = measured(session, owner)
    looks = count_looks(session, "mnist", owner.stored_id)
    [run] = again(session, teacher, submission)
    finished(session, run, wrong=20)

    assert count_looks(session, "mnist", owner.stored_id) == looks


def test_one_that_the_engine_gave_up_is_no_failure_of_the_submission(
    session: Session, teacher: User, owner: User
) -> None:
    submission = measured(session, owner)
    [run] = again(session, teacher, submission)
    set_engine_status(session, run.id, "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
    session.commit()
    announce_given_up(session, get_jobs())

    found = find_reevaluation(session, get_jobs(), submission)
    assert found is not None
    assert (found.is_open, found.standing.state) == (False, State.FAILED)
    assert told(session, owner) == ["run.finished"]


def test_either_database_queues_hundreds_behind_all_others(either_database: str) -> None:
    with session_scope() as session:
        teacher, owner = make_user(session, "ms-li", "teacher"), make_user(session, "zhou-yi")
        the_class(session).daily_quota = 1000
    with session_scope() as session:
        owner = session.get_one(User, owner.id)
        chosen = [make_submission(session, owner) for _ in range(60)]
        for submission in chosen:
            make_result(session, submission)
    finish_all(get_jobs())
    with session_scope() as session:
        queued, left_out = reevaluate(session, get_jobs(), session.get_one(User, teacher.id), chosen)
        late = latest_run(session, make_submission(session, session.get_one(User, owner.id)))

    assert (len(queued), left_out) == (60, {})
    assert get_jobs().active()[1][0] == late.id
    assert len(get_jobs().active()[1]) == 61


def finish_all(jobs: Jobs) -> None:
    """Let the engine have ended all that was queued."""
    with session_scope() as session:
        for run_id in jobs.active()[1]:
            set_engine_status(session, run_id, "SUCCESS")


def test_a_failed_first_run_counts_for_nothing_here(session: Session, teacher: User, owner: User) -> None:
    submission = make_submission(session, owner)
    make_failure(session, submission)
    session.commit()

    assert again(session, teacher, submission) == []
    assert session.exec(select(Result)).all() == []
