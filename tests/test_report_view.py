"""Reports are read with care: they began as what uploaded code could have written."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.detected_words import detected_rows
from app.web.report_view import Report
from tests.examiner import GOOD_REPORT

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda value: st.lists(value, max_size=3) | st.dictionaries(st.text(max_size=5), value, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from([*GOOD_REPORT, "batch_size", "padding"])


def read(report: dict[str, Any]) -> list[object]:
    """Everything that a page shows of a report."""
    found = Report(report)
    return [
        [(candidate.name, candidate.line) for candidate in found.candidates],
        found.class_name,
        found.arguments,
        found.suggestion_rows,
        [(layer["name"], layer["output"], f"{layer['parameters']:,}") for layer in found.layers],
        (found.parameters, found.flops, found.forward_ms, found.weights_format),
        [str(warning) for warning in found.warnings],
        [str(row) for row in detected_rows(found.detected, "auto")],
    ]


def test_a_good_report_is_read_whole() -> None:
    report = Report(GOOD_REPORT)

    assert [(c.name, c.line, c.is_chosen) for c in report.candidates] == [("Net", 12, True), ("Block", 5, False)]
    assert report.suggestions == {"epochs": 5, "batch_size": 128, "learning_rate": 0.001, "optimizer": "Adam"}
    assert (report.parameters, report.flops, report.forward_ms) == (20_586, 1_234_567, 0.42)
    assert [str(warning) for warning in report.warnings] == ["The network has no non-linearity."]


@given(st.dictionaries(NAMES, VALUES, max_size=6))
def test_a_report_of_any_values_can_be_read(report: dict[str, Any]) -> None:
    read(report)


@pytest.mark.parametrize(
    "warning",
    [
        {"text": "%(n)999999999d", "values": {"n": 1}},
        {"text": "%(missing)s", "values": {"other": 1}},
        {"text": "%s", "values": {}},
        {"text": 5},
        {"text": "x", "values": [1]},
        "x",
    ],
)
def test_a_warning_that_does_not_fit_its_values_is_left_out(warning: object) -> None:
    assert Report({"warnings": [warning]}).warnings == []


@pytest.mark.parametrize(
    "given", [{"epochs": 10_000}, {"optimizer": "Lion"}, {"device": "cuda"}, {"epochs": "many"}, [1]]
)
def test_suggestions_that_do_not_fit_are_left_out(given: Any) -> None:
    assert Report({"suggestions": given}).suggestions == {}


def test_suggestions_that_fit_alone_but_not_together_are_left_out() -> None:
    assert Report({"suggestions": {"optimizer": "Adam", "momentum": 0.9}}).suggestions == {}
