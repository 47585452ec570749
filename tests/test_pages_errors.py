"""The page of misread digits."""

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from sqlmodel import Session

from app.core.jobs import get_jobs
from app.core.submissions import withdraw
from app.core.tables import Submission, User
from tests.analysis_factories import submit_answers, write_test_set
from tests.factories import make_member, make_submission
from tests.visitors import Visitor, text_of, visit, visitor

__all__ = ["visit", "visitor"]
Labels = npt.NDArray[np.uint8]


@pytest.fixture
def labels(data_dir: Path) -> Labels:
    return write_test_set(data_dir)


@pytest.fixture
def zhou(session: Session) -> User:
    return make_member(session)


def wrong(labels: Labels, count: int, by: int = 1) -> dict[int, tuple[int, float]]:
    """The first images, each read as its label and `by`, ever more surely."""
    return {i: ((int(labels[i]) + by) % 10, 0.3 + i / 1000) for i in range(count)}


def listed(page: str) -> list[int]:
    return [int(index) for index in re.findall(r'<li><a href="/digits/(\d+)"', page)]


@pytest.fixture
def submission(session: Session, zhou: User, labels: Labels) -> Submission:
    return submit_answers(session, zhou, labels, wrong(labels, 30))


def test_all_misread_digits_are_listed_the_surest_first(visitor: Visitor, submission: Submission) -> None:
    page = visitor.get(f"/s/{submission.number}/errors")
    assert listed(page.text) == list(reversed(range(30)))
    assert "30 of 200 test images are misread" in text_of(page)


def test_each_has_its_label_what_was_read_and_how_surely(
    visitor: Visitor, session: Session, zhou: User, labels: Labels
) -> None:
    read = (int(labels[7]) + 3) % 10
    submission = submit_answers(session, zhou, labels, {7: (read, 0.875)})
    assert f"{labels[7]} → {read} 88%" in text_of(visitor.get(f"/s/{submission.number}/errors"))


def test_a_cell_of_the_confusion_matrix_leads_to_its_digits(
    visitor: Visitor, submission: Submission, labels: Labels
) -> None:
    true = int(labels[4])
    read = (true + 1) % 10
    link = f"/s/{submission.number}/errors?true={true}&read={read}"
    assert link.replace("&", "&amp;") in visitor.get(f"/s/{submission.number}").text
    found = listed(visitor.get(link).text)
    assert sorted(found) == [i for i in range(30) if labels[i] == true]


@pytest.mark.parametrize(("query", "shift"), [("true", 0), ("read", 1)])
def test_a_row_or_a_column_can_be_asked_for(
    visitor: Visitor, submission: Submission, labels: Labels, query: str, shift: int
) -> None:
    digit = (int(labels[4]) + shift) % 10
    found = listed(visitor.get(f"/s/{submission.number}/errors?{query}={digit}").text)
    assert sorted(found) == [i for i in range(30) if (labels[i] + shift) % 10 == digit]


@pytest.mark.parametrize("value", ["x", "12", "-1", "٣", "<b>"])
def test_what_is_no_digit_is_ignored_and_said_so(visitor: Visitor, submission: Submission, value: str) -> None:
    page = visitor.get(f"/s/{submission.number}/errors", params={"true": value})
    assert len(listed(page.text)) == 30
    assert f"“{value}” is no digit from 0 to 9 and was ignored." in text_of(page)
    assert "<b>”" not in page.text


def test_a_cell_without_mistakes_says_so(visitor: Visitor, submission: Submission) -> None:
    page = visitor.get(f"/s/{submission.number}/errors?true=3&read=3")
    assert "No misread image is like this." in text_of(page)


def test_many_mistakes_come_in_pages_that_keep_the_filter(
    visitor: Visitor, session: Session, zhou: User, data_dir: Path
) -> None:
    labels = write_test_set(data_dir, 2000)
    threes = np.flatnonzero(labels[:1200] == 3)[:140]
    submission = submit_answers(session, zhou, labels, dict.fromkeys(threes, (5, 0.5)))
    path = f"/s/{submission.number}/errors"
    pages = [visitor.get(f"{path}?true=3&part={part}") for part in (1, 2, 3)]
    assert [index for page in pages for index in listed(page.text)] == threes.tolist()
    assert "page 2 of 3" in text_of(pages[1])
    assert f'href="{path}?true=3&amp;part=3" rel="next"' in pages[1].text
    assert 'rel="next"' not in pages[2].text


@pytest.mark.parametrize("part", ["0", "-3", "x", "99", "9" * 30])
def test_a_page_that_is_not_there_is_no_error(visitor: Visitor, submission: Submission, part: str) -> None:
    assert visitor.get(f"/s/{submission.number}/errors?part={part}").status_code == 200


def test_classmates_who_misread_it_too_are_counted(
    visitor: Visitor, session: Session, submission: Submission, labels: Labels
) -> None:
    submit_answers(session, make_member(session, "other"), labels, wrong(labels, 1, by=5))
    submit_answers(session, make_member(session, "third"), labels, wrong(labels, 2, by=6))
    page = text_of(visitor.get(f"/s/{submission.number}/errors"))
    first, second = (f"{labels[i]} → {(labels[i] + 1) % 10} 30% {too} too" for i, too in ((0, 2), (1, 1)))
    assert first in page
    assert second in page
    assert "of 2 classmates' best networks" in page


def test_all_images_of_a_page_are_one_request(visitor: Visitor, submission: Submission) -> None:
    page = visitor.get(f"/s/{submission.number}/errors").text
    assert len(re.findall(r"/digits\.png\?at=29,28,", page)) == 1
    assert page.count('class="dg-img"') == 30


def test_without_the_test_set_the_answers_are_there_all_the_same(
    visitor: Visitor, session: Session, zhou: User
) -> None:
    labels = np.arange(40, dtype=np.uint8) % 10
    submission = submit_answers(session, zhou, labels, {3: (8, 0.5)})
    page = visitor.get(f"/s/{submission.number}/errors")
    assert "The test images are not here yet" in text_of(page)
    assert listed(page.text) == [3]
    assert "dg-img" not in page.text
    assert "→ 8" not in text_of(page)


def test_doubted_labels_are_marked(visitor: Visitor, session: Session, zhou: User, data_dir: Path) -> None:
    labels = write_test_set(data_dir, 10_000)
    submission = submit_answers(session, zhou, labels, {i: (int(labels[i] + 1) % 10, 0.5) for i in (946, 947, 948)})
    page = visitor.get(f"/s/{submission.number}/errors").text
    assert page.count("doubted</span>") == 1


def test_a_flawless_network_has_an_empty_list(visitor: Visitor, session: Session, zhou: User, labels: Labels) -> None:
    submission = submit_answers(session, zhou, labels, {})
    assert "Every test image is read right." in text_of(visitor.get(f"/s/{submission.number}/errors"))
    assert "Every test image is read right." in text_of(visitor.get(f"/s/{submission.number}"))


def test_there_are_no_errors_before_there_is_a_result(visitor: Visitor, session: Session, zhou: User) -> None:
    submission = make_submission(session, zhou)
    session.commit()
    answer = visitor.get(f"/s/{submission.number}/errors")
    assert answer.status_code == 404
    assert "has no result yet" in text_of(answer)


def test_errors_of_what_was_withdrawn_are_gone_for_others(
    visitor: Visitor, session: Session, submission: Submission
) -> None:
    withdraw(session, get_jobs(), submission)
    session.commit()
    assert visitor.get(f"/s/{submission.number}/errors").status_code == 404
