import numpy as np
import pytest

from app.core.calibration import expected_calibration_error, packed_ece, reliability


def test_a_hand_made_example_has_the_error_that_one_computes_by_hand() -> None:
    # Two stretches of 5: (0.2, 0.4] holds 0.3 and 0.4, one of them right; (0.8, 1] holds 0.9 and 1.0, both right.
    # |0.5 - 0.35| · 2/4 + |1 - 0.95| · 2/4 = 0.1
    assert expected_calibration_error([0.3, 0.4, 0.9, 1.0], [True, False, True, True], bins=5) == pytest.approx(0.1)


def test_a_stretch_holds_its_upper_end() -> None:
    assert [(each.low, each.count) for each in reliability([0.5, 0.51], [True, True], bins=2)] == [(0, 1), (0.5, 1)]


def test_a_network_that_is_as_often_right_as_it_is_sure_has_no_error() -> None:
    assert expected_calibration_error([0.75] * 4, [True, True, True, False]) == pytest.approx(0)


def test_a_network_that_is_sure_and_always_wrong_has_the_whole_error() -> None:
    assert expected_calibration_error([1.0] * 3, [False] * 3) == pytest.approx(1)


@pytest.mark.parametrize("seed", range(5))
def test_the_error_is_that_of_a_plain_loop(seed: int) -> None:
    random = np.random.default_rng(seed)
    sure, hits = random.uniform(0.1, 1, 500), random.random(500) < 0.8
    error = 0.0
    for k in range(15):
        inside = (sure > k / 15) & (sure <= (k + 1) / 15)
        if inside.any():
            error += abs(hits[inside].mean() - sure[inside].mean()) * inside.mean()

    assert expected_calibration_error(sure, hits) == pytest.approx(error, abs=1e-12)


def test_what_a_result_stores_gives_the_same_error() -> None:
    sure, hits = np.array([0.5, 0.75, 1.0]), np.array([True, False, True])
    stored = packed_ece(sure.astype("<f2").tobytes(), np.packbits(hits).tobytes())

    assert stored == pytest.approx(expected_calibration_error(sure, hits))
