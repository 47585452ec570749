"""Results on another data set than the service's own: practice digits on a service of MNIST, and the other way."""

from pathlib import Path

import pytest
from sqlmodel import Session

from app.core.settings import get_settings
from app.core.tables import Submission
from tests.analysis_factories import submit_answers, write_test_set
from tests.api import SUBMISSIONS
from tests.factories import make_member
from tests.visitors import Visitor, text_of, visit, visitor

__all__ = ["visit", "visitor"]
NOT_OURS = "These are digits of another data set than this service's. It has neither their images nor their labels."
PRACTICE, OFFICIAL = "Practice board: scores are measured here", "10,000 official MNIST test images"


@pytest.fixture
def submission(session: Session, data_dir: Path) -> Submission:
    """On practice digits, while the service has MNIST and its images."""
    labels = write_test_set(data_dir)
    made = submit_answers(session, make_member(session), labels, {3: ((int(labels[3]) + 1) % 10, 0.99)})
    made.dataset = "practice"
    session.commit()
    return made


def use_dataset(monkeypatch: pytest.MonkeyPatch, dataset: str) -> None:
    monkeypatch.setenv("DATASET", dataset)
    get_settings.cache_clear()


@pytest.mark.parametrize("path", ["", "/errors", "/errors?read=4"])
def test_no_image_or_label_of_mnist_is_shown_beside_practice_digits(
    visitor: Visitor, submission: Submission, path: str
) -> None:
    page = visitor.get(f"/s/{submission.number}{path}")

    assert NOT_OURS in text_of(page)
    assert "/digits.png" not in page.text
    assert '"/digits/' not in page.text
    assert "→ " not in text_of(page)


@pytest.mark.parametrize("path", ["", "/errors"])
def test_the_notice_of_practice_is_that_of_the_submission(visitor: Visitor, submission: Submission, path: str) -> None:
    said = text_of(visitor.get(f"/s/{submission.number}{path}"))

    assert PRACTICE in said
    assert OFFICIAL not in said
    assert OFFICIAL in text_of(visitor.get("/"))


def test_a_service_of_practice_digits_calls_a_result_on_mnist_so(
    visitor: Visitor, session: Session, submission: Submission, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission.dataset = "mnist"
    session.commit()
    write_test_set(data_dir, dataset="practice")
    use_dataset(monkeypatch, "practice")

    page = visitor.get(f"/s/{submission.number}")

    assert NOT_OURS in text_of(page)
    assert OFFICIAL in text_of(page)
    assert "/digits.png" not in page.text
    assert PRACTICE in text_of(visitor.get("/"))


def test_the_api_gives_no_label_and_no_image_of_another_data_set(visitor: Visitor, submission: Submission) -> None:
    body = visitor.get(f"{SUBMISSIONS}/{submission.number}/errors").json()

    (row,) = body["rows"]
    assert (row["index"], row["label"], row["url"], row["image_url"]) == (3, None, None, None)
    assert body["no_images"] == NOT_OURS


def test_of_its_own_data_set_a_service_shows_images(visitor: Visitor, session: Session, submission: Submission) -> None:
    submission.dataset = "mnist"
    session.commit()

    page = visitor.get(f"/s/{submission.number}/errors")

    assert NOT_OURS not in text_of(page)
    assert "/digits.png" in page.text
    body = visitor.get(f"{SUBMISSIONS}/{submission.number}/errors").json()
    assert body["no_images"] is None
    assert body["rows"][0]["image_url"].startswith("/digits/3.png")
