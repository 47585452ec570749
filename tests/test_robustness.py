from typing import Any

import pytest

from app.core.robustness import read_robustness
from tests.analysis_factories import ROBUSTNESS


def stored(*weakest: int, total: int = 100) -> dict[str, Any]:
    """Changes of two strengths, of which the stronger leaves nothing right."""
    changes = [{"name": "shifted", "unit": "px", "strengths": [1, 2], "correct": [count, 0]} for count in weakest]
    return {"total": total, "changes": changes}


def test_the_mean_is_over_all_strengths_of_all_changes() -> None:
    found = read_robustness(ROBUSTNESS)
    assert found is not None
    assert found.mean == pytest.approx((98 + 96 + 90 + 70 + 97 + 95 + 88 + 60) / 800)
    assert found.weakest == pytest.approx((98 + 97) / 200)


@pytest.mark.parametrize(("weakest", "falls"), [(100, False), (67, False), (66, True), (10, True)])
def test_a_network_falls_at_once_that_loses_more_than_a_third_on_the_weakest_changes(weakest: int, falls: bool) -> None:
    found = read_robustness(stored(weakest, weakest))
    assert found is not None
    assert found.falls_at_once(1.0) is falls


def test_what_a_network_loses_is_compared_with_what_it_reads_unchanged() -> None:
    found = read_robustness(stored(20))
    assert found is not None
    assert not found.falls_at_once(0.2)
    assert found.falls_at_once(0.9)


@pytest.mark.parametrize(
    "odd",
    [
        None,
        {},
        {"total": 100},
        {"total": 100, "changes": []},
        {"total": 0, "changes": []},
        {"total": "many", "changes": []},
        {"total": 100, "changes": [{"name": "shifted", "strengths": [1], "correct": []}]},
        {"total": 100, "changes": [{"name": "shifted", "strengths": [], "correct": []}]},
        {"total": 100, "changes": ["shifted"]},
        {"total": 100, "changes": [{"strengths": [1], "correct": [1]}]},
        {"total": 0, "changes": stored(1)["changes"]},
    ],
)
def test_what_is_not_of_the_form_counts_as_not_measured(odd: Any) -> None:
    assert read_robustness(odd) is None
