"""Closing time: later submissions are measured and shown, and do not rank."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from app.core.board import find_board
from app.core.deadlines import deadline_sentence
from app.core.tables import Classroom, Submission, User, now
from tests.board_factories import make_result, make_submission, make_user
from tests.visitors import Visitor, text_of, visit, visitor

__all__ = ["visit", "visitor"]
CLOSING = now() - timedelta(hours=1)


def set_times(session: Session, **times: Any) -> None:
    classroom = session.exec(select(Classroom)).one()
    for name, value in times.items():
        setattr(classroom, name, value)
    session.add(classroom)
    session.flush()


def submit(session: Session, user: User, minutes_after_closing: int, wrong: int) -> Submission:
    submission = make_submission(session, user)
    submission.created = CLOSING + timedelta(minutes=minutes_after_closing)
    session.add(submission)
    make_result(session, submission, wrong)
    return submission


@pytest.fixture
def entered(session: Session) -> dict[str, str]:
    """One result in time with 20 errors, a better one after closing, and a classmate's in time with 30."""
    set_times(session, closes=CLOSING)
    zhou, ma = make_user(session, "zhou"), make_user(session, "ma")
    made = {
        "in time": submit(session, zhou, -10, 20),
        "late": submit(session, zhou, 10, 5),
        "on the stroke": submit(session, ma, 0, 1),
        "other": submit(session, ma, -1, 30),
    }
    session.commit()
    return {name: submission.id for name, submission in made.items()}


def test_only_what_came_before_closing_has_a_rank(session: Session, entered: dict[str, str]) -> None:
    ranks = {each.entry.submission_id: each.place.rank for each in find_board(session, "mnist").ranking()}

    assert {name: ranks[id_] for name, id_ in entered.items()} == {
        "in time": 1,
        "other": 2,
        "late": None,
        "on the stroke": None,
    }


def test_late_results_hold_no_record_and_lead_no_track(session: Session, entered: dict[str, str]) -> None:
    board = find_board(session, "mnist")

    assert board.record is not None
    assert board.record.holder == entered["in time"]
    assert entered["late"] not in board.firsts


def test_a_later_closing_time_lets_them_rank_at_once(session: Session, entered: dict[str, str]) -> None:
    find_board(session, "mnist").ranking()
    set_times(session, closes=now() + timedelta(days=1))
    session.commit()

    best = find_board(session, "mnist").ranking()[0]
    assert (best.entry.submission_id, best.place.rank) == (entered["on the stroke"], 1)


def test_what_came_before_opening_has_no_rank(session: Session, entered: dict[str, str]) -> None:
    set_times(session, opens=CLOSING - timedelta(minutes=5))
    session.commit()

    ranked = [each for each in find_board(session, "mnist").ranking() if each.place.rank is not None]
    assert [each.entry.submission_id for each in ranked] == [entered["other"]]


def test_the_board_marks_late_results_and_says_that_ranking_is_over(
    session: Session, entered: dict[str, str], visitor: Visitor
) -> None:
    page = text_of(visitor.get("/"))

    assert "The ranking closed at" in page
    assert "(Asia/Shanghai)" in page
    assert page.count("Outside class time") == 2


@pytest.mark.parametrize(
    ("opens", "closes", "words"),
    [(1, None, "rank from"), (None, 1, "rank until"), (-2, -1, "closed at"), (-1, None, "")],
)
def test_the_strip_says_what_matters_now(session: Session, opens: int | None, closes: int | None, words: str) -> None:
    hours = {"opens": opens, "closes": closes}
    set_times(session, **{name: now() + timedelta(hours=h) for name, h in hours.items() if h is not None})
    found = deadline_sentence(session)

    assert words in str(found) if words else found is None


def test_a_hidden_submission_leaves_the_board_and_strangers_do_not_find_it(
    session: Session, entered: dict[str, str], visitor: Visitor
) -> None:
    submission = session.exec(select(Submission).where(Submission.id == entered["in time"])).one()
    number, submission.hidden = submission.number, now()
    session.add(submission)
    session.commit()

    assert visitor.get(f"/s/{number}").status_code == 404
    assert entered["in time"] not in {each.submission_id for each in find_board(session, "mnist").entries}
