"""The analysis in the API, against what can be computed from the downloaded predictions alone."""

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from sqlmodel import Session
from statsmodels.stats.proportion import proportion_confint

from app.core.disputed_labels import disputes
from app.core.jobs import get_jobs
from app.core.ranking import interval
from app.core.repetitions import request_repetitions
from app.core.runs import latest_run, repetitions
from app.core.tables import Result, Submission
from tests.analysis_factories import ROBUSTNESS, answered, submit_answers, write_test_set
from tests.api import SUBMISSIONS, Api
from tests.factories import make_member, make_submission

pytest_plugins = ["tests.api_fixtures"]
Labels = npt.NDArray[np.uint8]


@pytest.fixture
def labels(data_dir: Path) -> Labels:
    return write_test_set(data_dir, 10_000)


@pytest.fixture
def submission(api: Api, session: Session, labels: Labels) -> Submission:
    """A network with 150 random mistakes, among them images with doubted labels."""
    random = np.random.default_rng(4)
    indexes = {947, 1621} | set(random.choice(10_000, 150, replace=False).tolist())
    mistakes = {i: ((int(labels[i]) + int(random.integers(1, 10))) % 10, random.uniform(0.2, 1)) for i in indexes}
    return submit_answers(session, make_member(session), labels, mistakes, robustness=ROBUSTNESS, flops=123)


def read(api: Api, path: str) -> Any:
    answer = api.client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def result(api: Api, submission: Submission) -> Any:
    return read(api, f"{SUBMISSIONS}/{submission.number}")["result"]


@pytest.fixture
def downloaded(api: Api, submission: Submission) -> dict[str, npt.NDArray[Any]]:
    """The columns of predictions.csv."""
    text = api.client.get(f"/s/{submission.number}/predictions.csv").text
    rows = list(csv.DictReader(io.StringIO(text)))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


def test_the_calibration_error_can_be_recomputed(result: Any, downloaded: dict[str, npt.NDArray[Any]]) -> None:
    sure, right = downloaded["confidence"], downloaded["right"]
    stretch = np.ceil(sure * 15).astype(int)
    error = sum(abs((right - sure)[stretch == k].sum()) for k in range(16)) / len(sure)
    # The table has the confidences as they are stored.
    assert result["ece"] == pytest.approx(error, abs=1e-12)
    bins = result["analysis"]["reliability"]
    assert sum(each["count"] for each in bins) == 10_000
    assert sum(each["count"] * each["accuracy"] for each in bins) == pytest.approx(result["correct"])


def test_each_digit_and_its_interval_can_be_recomputed(
    result: Any, downloaded: dict[str, npt.NDArray[Any]], labels: Labels
) -> None:
    digits = result["analysis"]["digits"]
    right = [int(downloaded["right"][labels == digit].sum()) for digit in range(10)]
    totals = [int((labels == digit).sum()) for digit in range(10)]
    assert [(each["right"], each["total"]) for each in digits] == list(zip(right, totals, strict=True))
    low, high = proportion_confint(np.array(right), np.array(totals), 0.05, "wilson")
    assert [each["low"] for each in digits] == pytest.approx(low.tolist())
    assert [each["high"] for each in digits] == pytest.approx(high.tolist())


def test_the_score_without_doubted_labels_can_be_recomputed(
    result: Any, downloaded: dict[str, npt.NDArray[Any]]
) -> None:
    kept = np.delete(downloaded["right"], list(disputes("mnist", 10_000)))
    without = result["analysis"]["undisputed"]
    assert (without["correct"], without["total"], without["left_out"]) == (kept.sum(), 9985, 15)
    assert without["accuracy"] == pytest.approx(kept.mean())
    assert without["accuracy"] != pytest.approx(result["accuracy"])


def test_robustness_is_counts_and_their_means(result: Any) -> None:
    robustness = result["analysis"]["robustness"]
    assert [each["correct"] for each in robustness["changes"]] == [each["correct"] for each in ROBUSTNESS["changes"]]
    assert robustness["mean"] == pytest.approx(np.mean([each["correct"] for each in ROBUSTNESS["changes"]]) / 100)
    assert robustness["falls_at_once"] is False


def test_what_is_missing_has_a_reason_and_what_is_there_has_none(result: Any) -> None:
    assert set(result["analysis"]["unmeasured"]) == {"latency"}
    assert result["latency_one_ms"] is None
    assert result["flops"] == 123


def test_a_score_over_several_seeds_has_an_interval_of_its_own(
    api: Api, session: Session, submission: Submission, labels: Labels
) -> None:
    request_repetitions(session, get_jobs(), submission, 2)
    (run,) = repetitions(session, submission)
    answered(session, run, labels, {})
    session.commit()

    result = read(api, f"{SUBMISSIONS}/{submission.number}")["result"]

    correct = result["correct"]
    assert result["score"] == pytest.approx((correct + 10_000) / 20_000)
    assert result["score_interval"] == dict(zip(("low", "high"), interval((correct + 10_000) / 2, 10_000), strict=True))
    assert result["interval"] == dict(zip(("low", "high"), interval(correct, 10_000), strict=True))


def test_reasons_come_in_the_language_of_the_reader(api: Api, submission: Submission) -> None:
    answer = api.client.get(f"{SUBMISSIONS}/{submission.number}", headers={"Accept-Language": "zh"})
    assert "这个结果早于这项测量" in answer.json()["result"]["analysis"]["unmeasured"]["latency"]


def test_looks_are_counted(result: Any) -> None:
    looks = result["analysis"]["looks"]
    assert (looks["student"], looks["everybody"]) == (3, 3)
    assert result["accuracy"] < looks["best_by_luck"] < 1


def test_all_errors_can_be_read_part_by_part(
    api: Api, submission: Submission, downloaded: dict[str, npt.NDArray[Any]], labels: Labels
) -> None:
    path: str | None = f"{SUBMISSIONS}/{submission.number}/errors?limit=40"
    rows: list[Any] = []
    while path:
        body = read(api, path)
        rows += body["rows"]
        path = body["next"]
    wrong = np.flatnonzero(downloaded["right"] == 0)
    assert {row["index"] for row in rows} == set(wrong.tolist())
    assert len(rows) == body["wrong"] == len(wrong)
    assert [row["confidence"] for row in rows] == sorted((row["confidence"] for row in rows), reverse=True)
    assert all(row["label"] == labels[row["index"]] != row["read"] for row in rows)
    assert {row["index"] for row in rows if row["is_disputed"]} == set(disputes("mnist", 10_000)) & set(wrong.tolist())


def test_errors_of_a_cell_are_as_many_as_the_confusion_matrix_says(
    api: Api, submission: Submission, result: Any
) -> None:
    confusion = np.array(result["confusion"])
    np.fill_diagonal(confusion, 0)
    true, found = (int(i) for i in np.unravel_index(confusion.argmax(), confusion.shape))
    body = read(api, f"{SUBMISSIONS}/{submission.number}/errors?true={true}&read={found}")
    assert body["chosen"] == len(body["rows"]) == confusion[true, found] > 0
    assert {(row["label"], row["read"]) for row in body["rows"]} == {(true, found)}


@pytest.mark.parametrize("query", ["true=10", "true=x", "read=-1", "limit=0", "cursor=-1", "limit=100000"])
def test_wrong_filters_are_refused(api: Api, submission: Submission, query: str) -> None:
    answer = api.client.get(f"{SUBMISSIONS}/{submission.number}/errors?{query}")
    assert (answer.status_code, set(answer.json()["fields"])) == (422, {query.partition("=")[0]})


def test_errors_wait_for_a_result(api: Api, session: Session) -> None:
    submission = make_submission(session, make_member(session))
    session.commit()
    answer = api.client.get(f"{SUBMISSIONS}/{submission.number}/errors")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_digit_has_all_answers(api: Api, submission: Submission, labels: Labels) -> None:
    error = read(api, f"{SUBMISSIONS}/{submission.number}/errors?limit=1")["rows"][0]
    body = read(api, error["url"])
    assert (body["label"], body["right"], body["mistake"]) == (error["label"], 0, error["read"])
    assert body["counts"] == [int(digit == error["read"]) for digit in range(10)]
    answer = body["answers"][0]
    assert answer == {
        "number": submission.number,
        "title": "a title",
        "author": "zhou-yi",
        "read": error["read"],
        "confidence": error["confidence"],
        "is_right": False,
    }
    assert api.client.get(body["image_url"]).headers["content-type"] == "image/png"


def test_a_doubted_label_comes_with_its_judges(api: Api, submission: Submission) -> None:
    assert read(api, "/api/v1/digits/947")["dispute"] == {
        "given": 8,
        "guessed": 9,
        "for_given": 0,
        "for_guessed": 5,
        "for_neither": 0,
    }


def test_lists_of_digits_are_read_part_by_part(api: Api, submission: Submission) -> None:
    first = read(api, "/api/v1/digits?show=hardest&limit=100")
    second = read(api, first["next"])
    assert first["length"] == len(first["rows"]) + len(second["rows"])
    assert second["next"] is None
    assert all(row["right"] == 0 for row in first["rows"] + second["rows"])
    assert first["models"] == 1


def test_the_answers_to_a_digit_are_read_part_by_part(api: Api, session: Session, submission: Submission) -> None:
    labels = np.frombuffer(session.get_one(Result, latest_run(session, submission).id).predictions, np.uint8)
    for name in ("anna", "ben", "cleo", "dora"):
        submit_answers(session, make_member(session, name), labels, {})

    path: str | None = "/api/v1/digits/17?limit=2"
    parts: list[Any] = []
    while path:
        parts.append(read(api, path))
        path = parts[-1]["next"]

    whole = read(api, "/api/v1/digits/17")
    assert [len(part["answers"]) for part in parts] == [2, 2, 1]
    assert [answer for part in parts for answer in part["answers"]] == whole["answers"]
    assert {part["models"] for part in parts} == {sum(whole["counts"])} == {5}
    assert whole["next"] is None


@pytest.mark.parametrize("query", ["limit=0", "limit=100000", "cursor=-1", "cursor=x"])
def test_wrong_parts_of_a_digit_are_refused(api: Api, query: str) -> None:
    assert api.client.get(f"/api/v1/digits/3?{query}").status_code == 422


@pytest.mark.parametrize("path", ["/api/v1/digits/10000", "/api/v1/digits/-1"])
def test_an_unknown_digit_is_not_found(api: Api, submission: Submission, path: str) -> None:
    assert api.client.get(path).status_code == 404


@pytest.mark.parametrize("query", ["show=all", "limit=0", "cursor=x"])
def test_wrong_lists_are_refused(api: Api, query: str) -> None:
    assert api.client.get(f"/api/v1/digits?{query}").status_code == 422


def test_digits_are_there_before_anything_was_measured(api: Api) -> None:
    assert read(api, "/api/v1/digits?show=disputed")["length"] == 15
    assert read(api, "/api/v1/digits/3") | {"url": "", "image_url": ""} == {
        "index": 3,
        "label": None,
        "right": 0,
        "mistake": None,
        "dispute": None,
        "url": "",
        "image_url": "",
        "counts": [0] * 10,
        "models": 0,
        "answers": [],
        "next": None,
    }
