"""What a submission's page says of its result beyond the accuracy."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats
from sqlmodel import Session

from app.core.jobs import get_jobs
from app.core.repetitions import request_repetitions
from app.core.runs import repetitions
from app.core.sentences import Sentence
from app.core.tables import User
from tests.analysis_factories import ROBUSTNESS, answered, submit_answers, write_test_set
from tests.factories import make_member
from tests.visitors import Visitor, text_of, visit, visitor

__all__ = ["visit", "visitor"]
Labels = npt.NDArray[np.uint8]
MEASURED: dict[str, Any] = {
    "robustness": ROBUSTNESS,
    "robust_accuracy": 0.8675,
    "flops": 1_061_234,
    "latency_one_ms": 0.191,
    "latency_thousand_ms": 42.2,
    "size_bytes": 82_344,
}


@pytest.fixture
def labels(data_dir: Path) -> Labels:
    return write_test_set(data_dir)


@pytest.fixture
def zhou(session: Session) -> User:
    return make_member(session)


def said_of(visitor: Visitor, session: Session, user: User, labels: Labels, **more: Any) -> str:
    mistakes = more.pop("mistakes", {3: ((int(labels[3]) + 1) % 10, 0.99)})
    submission = submit_answers(session, user, labels, mistakes, **more)
    return text_of(visitor.get(f"/s/{submission.number}"))


def test_the_costs_are_shown_with_their_units(visitor: Visitor, session: Session, zhou: User, labels: Labels) -> None:
    said = said_of(visitor, session, zhou, labels, **MEASURED)
    for words in ("Compute 1.06 MFLOP", "Latency 0.19 ms", "1,000 images 42 ms", "Size 82 kB", "Robustness 86.75 %"):
        assert words in said
    assert "ot measured" not in said


def test_calibration_is_a_number_a_curve_and_a_table(
    visitor: Visitor, session: Session, zhou: User, labels: Labels
) -> None:
    submission = submit_answers(session, zhou, labels, {3: ((int(labels[3]) + 1) % 10, 0.99)})
    page = visitor.get(f"/s/{submission.number}")
    # 199 answers with 90 % are all right, one with 99 % is wrong.
    error = 100 * (199 * (1 - 0.89990234375) + 0.990234375) / 200
    said = text_of(page)
    assert f"Calibration {error:.2f} % ECE" in said
    assert "On average it is 90.04 % sure and 99.50 % right." in said
    assert "87–93 199 89.99 100.00" in said
    assert "93–100 1 99.02 0.00" in said
    assert f"Its calibration error is {error:.2f} percentage points." in page.text


def test_robustness_has_a_curve_for_every_change(
    visitor: Visitor, session: Session, zhou: User, labels: Labels
) -> None:
    submission = submit_answers(session, zhou, labels, {}, **MEASURED)
    page = visitor.get(f"/s/{submission.number}")
    assert page.text.count('<svg class="fall"') == 2
    said = text_of(page)
    assert "shifted 70.00" in said
    assert "rotated 8 ° 97.00 16 ° 95.00 24 ° 88.00 32 ° 60.00" in said
    assert "are read right 86.75 % of the time on average; unchanged, 100.00 %" in said


def test_a_network_that_knows_the_test_images_by_heart_is_called_so(
    visitor: Visitor, session: Session, zhou: User, labels: Labels
) -> None:
    changes = [{"name": "shifted", "unit": "px", "strengths": [1, 2], "correct": [31, 12]}]
    more = {"robustness": {"total": 100, "changes": changes}, "robust_accuracy": 0.215}
    said = said_of(visitor, session, zhou, labels, mistakes={}, **more)
    assert "This network falls at once: the weakest changes already leave 31.00 % right, against 100.00 %" in said
    assert "It has most likely learned the test images by heart, or hangs on single pixels" in said


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Not falling does not rule that out"), ("zh", "没有下跌并不能排除背图")],
)
def test_a_network_that_does_not_fall_is_not_cleared(
    visitor: Visitor, session: Session, zhou: User, labels: Labels, language: str, words: str
) -> None:
    """A table of the test images that answers for the nearest one stays up on changed images."""
    visitor.language = language
    assert words in said_of(visitor, session, zhou, labels, mistakes={}, **MEASURED)


def test_what_could_not_be_measured_says_why(visitor: Visitor, session: Session, zhou: User, labels: Labels) -> None:
    reasons = {
        "robustness": Sentence("The analysis took longer than %(limit)s s.", {"limit": 60}).as_json(),
        "latency": Sentence("The network answered only once.").as_json(),
    }
    said = said_of(visitor, session, zhou, labels, unmeasured=reasons, flops=100)
    assert "Not measured. The analysis took longer than 60 s." in said
    assert "Latency: not measured. The network answered only once." in said
    assert "Compute: not measured" not in said


def test_a_result_from_before_these_measurements_says_so(
    visitor: Visitor, session: Session, zhou: User, labels: Labels
) -> None:
    said = said_of(visitor, session, zhou, labels)
    assert "Not measured. This result is older than the measurement." in said
    assert "Compute – Latency –" in said


@pytest.mark.parametrize("odd", [{"robustness": "x"}, {"robustness": {"text": 5}}, {"latency": ["x"]}, {"flops": {}}])
def test_odd_reasons_break_no_page(
    visitor: Visitor, session: Session, zhou: User, labels: Labels, odd: dict[str, Any]
) -> None:
    assert "older than the measurement" in said_of(visitor, session, zhou, labels, unmeasured=odd)


def test_the_score_without_doubted_labels_stands_beside_the_score(
    visitor: Visitor, session: Session, zhou: User, data_dir: Path
) -> None:
    labels = write_test_set(data_dir, 10_000)
    wrong = {i: ((int(labels[i]) + 1) % 10, 0.5) for i in (1, 2, 947)}
    said = said_of(visitor, session, zhou, labels, mistakes=wrong)
    assert "99.97 %" in said
    assert "without 15 doubted labels 99.98 (2 wrong)" in said
    assert "with seed" not in said


def test_of_several_seeds_it_is_said_which_one_the_score_without_doubted_labels_is_of(
    visitor: Visitor, session: Session, zhou: User, data_dir: Path
) -> None:
    labels = write_test_set(data_dir, 10_000)
    wrong = {i: ((int(labels[i]) + 1) % 10, 0.5) for i in range(1, 101)}
    submission = submit_answers(session, zhou, labels, {1: wrong[1]})
    request_repetitions(session, get_jobs(), submission, 2)
    (run,) = repetitions(session, submission)
    answered(session, run, labels, wrong)
    session.commit()

    said = text_of(visitor.get(f"/s/{submission.number}"))

    assert "mean of 2 seeds" in said
    assert "with seed 0, without 15 doubted labels 99.99 (1 wrong)" in said


def test_a_small_test_set_has_no_doubted_labels(visitor: Visitor, session: Session, zhou: User, labels: Labels) -> None:
    assert "doubted" not in said_of(visitor, session, zhou, labels)


def test_the_look_counter_says_how_much_luck_there_is_to_choose(
    visitor: Visitor, session: Session, zhou: User, labels: Labels
) -> None:
    submit_answers(session, make_member(session, "other", "Other"), labels, {}, epochs=7)
    said = said_of(visitor, session, zhou, labels, epochs=3)
    assert "Looks at this test set: 10 by the class, 3 of them by Zhou Yi." in said
    best = 100 * (1 - stats.binom.cdf(np.arange(200), 200, 0.995) ** 10).sum() / 200
    assert f"If 10 equally good networks each truly read 99.50 %, the best of them would show {best:.2f} %" in said
    assert "upper bound" in said


def test_a_first_look_has_nothing_to_choose_from(
    visitor: Visitor, session: Session, zhou: User, labels: Labels
) -> None:
    said = said_of(visitor, session, zhou, labels, epochs=1)
    assert "Looks at this test set: 1 by the class, 1 of them by Zhou Yi." in said
    assert "by luck" not in said


def test_the_surest_mistakes_are_shown_with_their_images(
    visitor: Visitor, session: Session, zhou: User, labels: Labels
) -> None:
    wrong = {i: ((int(labels[i]) + 1) % 10, 0.3 + i / 100) for i in range(25)}
    submission = submit_answers(session, zhou, labels, wrong)
    page = visitor.get(f"/s/{submission.number}").text
    assert re.findall(r'<li><a href="/digits/(\d+)"', page) == [str(i) for i in range(24, 6, -1)]
    assert f'<a href="/s/{submission.number}/errors">all 25</a>' in page


def test_the_page_is_there_without_the_test_images(visitor: Visitor, session: Session, zhou: User) -> None:
    labels = np.arange(40, dtype=np.uint8) % 10
    assert "The test images are not here yet" in said_of(visitor, session, zhou, labels)


def test_the_analysis_is_also_in_chinese(visitor: Visitor, session: Session, zhou: User, labels: Labels) -> None:
    visitor.language = "zh"
    submit_answers(session, make_member(session, "other"), labels, {})
    said = said_of(visitor, session, zhou, labels, **MEASURED)
    for words in ("校准", "稳健性", "平移", "同错 0", "这个测试集被使用的次数"):
        assert words in said
