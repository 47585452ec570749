"""All answers of the networks on the board."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import sqlalchemy as sa
from sqlmodel import Session

from app.core.digits import KINDS, find_digits
from app.core.jobs import get_jobs
from app.core.readings import Readings, confidences_of, find_readings
from app.core.runs import latest_run
from app.core.submissions import withdraw
from app.core.tables import User
from tests.analysis_factories import submit_answers
from tests.factories import make_member

pytest_plugins = ["tests.postgres"]
LABELS = np.arange(40, dtype=np.uint8) % 10


@pytest.fixture
def zhou(session: Session) -> User:
    return make_member(session)


@pytest.fixture
def other(session: Session) -> User:
    return make_member(session, "other", "Other")


def read(session: Session) -> Readings:
    found = find_readings(session, "mnist")
    assert found is not None
    return found


def test_an_empty_board_has_no_readings(session: Session) -> None:
    assert find_readings(session, "mnist") is None


@pytest.mark.usefixtures("either_database")
def test_answers_are_those_that_were_stored(session: Session) -> None:
    zhou, other = make_member(session), make_member(session, "other")
    submit_answers(session, zhou, LABELS, {3: (8, 0.5)})
    submit_answers(session, other, LABELS, {3: (9, 0.75), 12: (7, 0.6)})
    found = read(session)
    assert found.predictions.tolist() == [_with(3, 8), _with_all({3: 9, 12: 7})]
    assert found.right.tolist() == [0 if i == 3 else 1 if i == 12 else 2 for i in range(40)]
    assert found.answers(3).tolist() == [0, 0, 0, 0, 0, 0, 0, 0, 1, 1]
    assert found.are_right([3, 12, 13]).tolist() == [[False, True, True], [False, False, True]]
    sure = confidences_of(session, [entry.run_id for entry in found.entries], 3)
    assert list(sure.values()) == pytest.approx([0.5, 0.75])


def _with(index: int, answer: int) -> list[int]:
    return _with_all({index: answer})


def _with_all(answers: dict[int, int]) -> list[int]:
    return [answers.get(i, int(label)) for i, label in enumerate(LABELS)]


def test_the_best_network_of_each_student_answers(session: Session, zhou: User) -> None:
    submit_answers(session, zhou, LABELS, {1: (5, 0.5), 2: (5, 0.5)})
    better = submit_answers(session, zhou, LABELS, {1: (5, 0.5)})
    assert [entry.number for entry in read(session).entries] == [better.number]


def test_a_withdrawn_network_answers_no_more(session: Session, zhou: User, other: User) -> None:
    submit_answers(session, zhou, LABELS, {1: (5, 0.5), 2: (5, 0.5)})
    gone = submit_answers(session, other, LABELS, {})
    read(session)
    withdraw(session, get_jobs(), gone)
    session.commit()
    assert read(session).predictions.tolist() == [_with_all({1: 5, 2: 5})]


def test_a_new_result_costs_the_reading_of_its_own_row_only(session: Session, zhou: User, other: User) -> None:
    submit_answers(session, zhou, LABELS, {1: (5, 0.5)})
    read(session)
    new = submit_answers(session, other, LABELS, {})
    asked: list[Any] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "result.predictions" in statement:
            asked.append(parameters)

    sa.event.listen(session.get_bind(), "before_cursor_execute", note)
    try:
        found = read(session)
    finally:
        sa.event.remove(session.get_bind(), "before_cursor_execute", note)
    assert asked == [(latest_run(session, new).id,)]
    assert found.predictions.tolist() == [LABELS.tolist(), _with(1, 5)]


def test_nothing_is_read_again_while_the_board_stays(session: Session, zhou: User) -> None:
    submit_answers(session, zhou, LABELS, {})
    assert read(session) is read(session)


def test_classmates_are_other_students(session: Session, zhou: User, other: User) -> None:
    submit_answers(session, zhou, LABELS, {1: (5, 0.5), 4: (5, 0.5)})
    submit_answers(session, other, LABELS, {1: (6, 0.5)})
    submit_answers(session, other, LABELS, {1: (7, 0.5), 4: (7, 0.5), 5: (7, 0.5)}, is_baseline=True)
    found = read(session)
    assert len(found.entries) == 3
    assert found.misread_by_classmates(zhou.stored_id, [1, 4]) == [1, 0]
    assert found.misread_by_classmates(other.stored_id, [1, 4]) == [1, 1]


def test_the_commonest_mistake_is_what_most_of_the_others_read(session: Session, zhou: User, other: User) -> None:
    submit_answers(session, zhou, LABELS, {1: (5, 0.5)})
    submit_answers(session, other, LABELS, {1: (6, 0.5), 2: (0, 0.5)})
    submit_answers(session, make_member(session, "third"), LABELS, {1: (6, 0.5)})
    found = read(session)
    assert [found.commonest_mistake(index) for index in (1, 2, 3)] == [6, 0, None]


@pytest.fixture
def many(session: Session, data_dir: Path) -> tuple[Readings, npt.NDArray[np.bool_]]:
    """Twelve networks with random mistakes, and who is right where."""
    random = np.random.default_rng(2)
    right = random.random((12, 40)) < 0.4
    right[:, :5], right[:, 5:8] = False, True
    for number, row in enumerate(right):
        mistakes = {int(i): ((int(LABELS[i]) + 1) % 10, 0.5) for i in np.flatnonzero(~row)}
        submit_answers(session, make_member(session, f"student-{number}"), LABELS, mistakes)
    return read(session), right


def test_lists_of_digits_hold_what_their_names_say(many: tuple[Readings, npt.NDArray[np.bool_]]) -> None:
    found, right = many
    counts = right.sum(axis=0)

    def indexes(kind: str) -> list[int]:
        return list(find_digits(KINDS[kind], found, "mnist", 40))

    assert found.right.tolist() == counts.tolist()
    assert indexes("nobody") == np.flatnonzero(counts == 0).tolist()
    assert indexes("one") == np.flatnonzero(counts == 1).tolist()
    hardest = indexes("hardest")
    assert set(hardest) == set(np.flatnonzero(counts < 12).tolist())
    assert counts[hardest].tolist() == sorted(counts[hardest].tolist())
    assert indexes("disputed") == []


def test_one_network_alone_is_not_the_only_one_that_reads(session: Session, zhou: User) -> None:
    submit_answers(session, zhou, LABELS, {})
    assert list(find_digits(KINDS["one"], read(session), "mnist", 40)) == []
