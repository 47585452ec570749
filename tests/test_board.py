"""Which results stand on the leaderboard."""

from typing import Any

import pytest
from sqlmodel import Session, select

from app.core.accounts import find_user
from app.core.board import Row, board, place_of
from app.core.database import session_scope
from app.core.jobs import get_jobs
from app.core.ranking import Score, rank
from app.core.runs import latest_run
from app.core.seeding import BASELINES, COURSE, seed_baselines
from app.core.submissions import retry, withdraw
from app.core.tables import Submission, User
from tests.board_factories import make_failure, make_result, make_submission, make_user

pytest_plugins = ["tests.postgres"]


@pytest.fixture
def amy(session: Session) -> User:
    return make_user(session, "amy")


@pytest.fixture
def bo(session: Session) -> User:
    return make_user(session, "bo")


def measured(session: Session, user: User, wrong: int, **more: Any) -> Submission:
    """A submission with a result, visible to others."""
    submission = make_submission(session, user, more.pop("dataset", "mnist"))
    make_result(session, submission, wrong, **more)
    session.commit()
    return submission


def numbers(rows: list[Row]) -> list[int | None]:
    return [row.submission.number for row in rows]


def test_an_empty_board_has_no_rows(session: Session) -> None:
    assert board(session, "mnist") == []


def test_of_each_student_only_the_best_result_stands(session: Session, amy: User, bo: User) -> None:
    measured(session, amy, 30)
    best = measured(session, amy, 10)
    measured(session, amy, 20)
    other = measured(session, bo, 15)

    assert numbers(board(session, "mnist")) == [best.number, other.number]


def test_all_results_stand_when_asked_for(session: Session, amy: User, bo: User) -> None:
    third, first, second = (measured(session, user, wrong) for user, wrong in ((amy, 30), (amy, 10), (bo, 15)))

    assert numbers(board(session, "mnist", one_per_student=False)) == [first.number, second.number, third.number]


def test_ranks_count_only_those_that_stand(session: Session, amy: User, bo: User) -> None:
    for user, wrong in ((amy, 10), (amy, 11), (amy, 12), (bo, 200)):
        measured(session, user, wrong)

    rows = board(session, "mnist")

    assert [(row.place.rank, row.place.best, row.place.worst) for row in rows] == [(1, 1, 1), (2, 2, 2)]


def test_places_are_those_of_ranking(session: Session, amy: User) -> None:
    for wrong, first_wrong in ((10, 0), (60, 5), (12, 500)):
        measured(session, amy, wrong, first_wrong=first_wrong)

    rows = board(session, "mnist", one_per_student=False)

    scores = [
        Score(r.run.id, r.result.correct, r.result.total, r.result.test_loss, r.result.created, r.result.hits)
        for r in rows
    ]
    assert [row.place for row in rows] == rank(scores)


def test_all_baselines_of_the_course_stand(session: Session) -> None:
    seed_baselines(session, get_jobs(), "mnist")
    course = find_user(session, COURSE)
    assert course is not None
    for submission in session.exec(select(Submission)).all():
        make_result(session, submission)
    session.commit()

    rows = board(session, "mnist")

    assert sorted(row.submission.model for row in rows) == sorted(BASELINES)
    assert {row.user.id for row in rows} == {course.id}


def test_seeding_baselines_again_adds_none(session: Session) -> None:
    seed_baselines(session, get_jobs(), "mnist")
    session.commit()

    assert seed_baselines(session, get_jobs(), "mnist") == 0


def test_a_withdrawn_submission_leaves_the_board_and_the_next_best_takes_its_place(session: Session, amy: User) -> None:
    best, next_best = measured(session, amy, 10), measured(session, amy, 20)

    withdraw(session, get_jobs(), best)
    session.commit()

    assert numbers(board(session, "mnist")) == [next_best.number]


def test_practice_and_mnist_are_never_mixed(session: Session, amy: User) -> None:
    real = measured(session, amy, 30)
    practice = measured(session, amy, 10, dataset="practice")

    assert numbers(board(session, "mnist", one_per_student=False)) == [real.number]
    assert numbers(board(session, "practice", one_per_student=False)) == [practice.number]


@pytest.mark.parametrize("outcome", ["diverged", "crashed", "internal", "cancelled"])
def test_a_failed_run_never_ranks(session: Session, amy: User, outcome: str) -> None:
    make_failure(session, make_submission(session, amy), outcome)
    session.commit()

    assert board(session, "mnist", one_per_student=False) == []


def test_a_run_that_has_not_ended_does_not_rank(session: Session, amy: User) -> None:
    make_submission(session, amy)
    session.commit()

    assert board(session, "mnist") == []


def test_the_result_of_a_second_run_stands(session: Session, amy: User) -> None:
    submission = make_submission(session, amy)
    make_failure(session, submission)
    session.commit()
    retry(session, get_jobs(), submission)
    make_result(session, submission, 10)
    session.commit()

    [row] = board(session, "mnist")

    assert (row.run.attempt, row.result.correct) == (2, 990)


def test_a_place_is_found_among_all_results_also_of_one_student(session: Session, amy: User) -> None:
    measured(session, amy, 10)
    second = measured(session, amy, 11)

    row = place_of(session, latest_run(session, second), "mnist")

    assert row is not None
    assert (row.place.rank, row.submission.number) == (2, second.number)


def test_a_run_without_result_has_no_place(session: Session, amy: User) -> None:
    failed = make_submission(session, amy)
    make_failure(session, failed)
    session.commit()

    assert place_of(session, latest_run(session, failed), "mnist") is None


def test_either_database_keeps_the_same_board(either_database: str) -> None:
    with session_scope() as session:
        amy, bo = make_user(session, "amy"), make_user(session, "bo")
        for user, wrong, first_wrong in ((amy, 30, 0), (bo, 12, 100), (amy, 14, 300)):
            make_result(session, make_submission(session, user), wrong, first_wrong=first_wrong)

    with session_scope() as session:
        rows = board(session, "mnist")

    assert [(row.user.handle, row.result.correct, row.place.best, row.place.worst) for row in rows] == [
        ("bo", 988, 1, 2),
        ("amy", 986, 1, 2),
    ]
