"""Scores are computed here from predictions, and only from predictions that are what they claim to be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_softmax

from worker.scoring import LOSS_POINTS, BadOutput, measure, read_log_probabilities, thin


def scores(images: int = 50, seed: int = 1) -> np.ndarray:
    random = np.random.default_rng(seed)
    return log_softmax(random.normal(0, 3, (images, 10)), axis=1).astype("<f4")


def labels(images: int = 50, seed: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 10, images).astype(np.uint8)


def test_log_probabilities_survive_the_pipe_unchanged() -> None:
    sent = scores()

    assert np.array_equal(read_log_probabilities(sent.tobytes(), 50), sent)


@pytest.mark.parametrize("given_bytes", [0, 1, 50 * 40 - 4, 50 * 40 + 4, 49 * 40, 51 * 40])
def test_predictions_of_another_length_are_refused_with_both_lengths(given_bytes: int) -> None:
    with pytest.raises(BadOutput, match=rf"{given_bytes} bytes; 2000 are needed"):
        read_log_probabilities(bytes(given_bytes), 50)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_scores_that_are_no_numbers_are_refused_with_the_image(value: float) -> None:
    bad = scores()
    bad[17, 3] = value

    with pytest.raises(BadOutput, match="test image 17 "):
        read_log_probabilities(bad.tobytes(), 50)


def test_a_probability_of_zero_is_allowed() -> None:
    certain = np.full((50, 10), -np.inf, "<f4")
    certain[:, 4] = 0

    assert measure(read_log_probabilities(certain.tobytes(), 50), np.full(50, 4, np.uint8)).correct == 50


def test_a_row_of_zero_probability_everywhere_is_refused() -> None:
    bad = scores()
    bad[3] = -np.inf

    with pytest.raises(BadOutput, match="test image 3 "):
        read_log_probabilities(bad.tobytes(), 50)


@pytest.mark.parametrize("bad", [scores() + 1, np.abs(scores()), np.exp(scores()), np.zeros((50, 10), "<f4")])
def test_scores_that_are_no_probabilities_are_refused(bad: np.ndarray) -> None:
    with pytest.raises(BadOutput, match="sum to"):
        read_log_probabilities(bad.astype("<f4").tobytes(), 50)


def test_a_measurement_counts_what_numpy_counts() -> None:
    sent, truth = scores(), labels()

    found = measure(sent, truth)

    expected = sent.argmax(axis=1)
    assert found.correct == (expected == truth).sum()
    assert found.accuracy == (expected == truth).mean()
    assert found.test_loss == pytest.approx(-sent[np.arange(50), truth].mean(), rel=1e-6)
    assert found.predictions == expected.astype(np.uint8).tobytes()
    assert np.array_equal(np.unpackbits(np.frombuffer(found.hits, np.uint8))[:50], expected == truth)
    assert sum(map(sum, found.confusion)) == 50
    assert found.confusion[truth[0]][expected[0]] >= 1
    assert np.frombuffer(found.confidences, "<f2") == pytest.approx(np.exp(sent.max(axis=1)), abs=1e-3)


def test_one_image_given_up_as_impossible_does_not_make_the_loss_infinite() -> None:
    certain = np.full((2, 10), -np.inf, np.float32)
    certain[:, 4] = 0

    found = measure(certain, np.array([4, 5], np.uint8))

    assert found.correct == 1
    assert found.test_loss == pytest.approx(-np.log(np.finfo(np.float32).tiny) / 2)


def test_equal_scores_are_read_as_the_lowest_class() -> None:
    assert measure(np.full((1, 10), np.log(0.1), np.float32), np.array([0], np.uint8)).correct == 1


@given(st.lists(st.floats(0, 100), max_size=3000))
def test_a_thinned_curve_keeps_the_mean_and_at_most_its_points(losses: list[float]) -> None:
    points = np.frombuffer(thin(losses), "<f4")

    assert len(points) == min(len(losses), LOSS_POINTS)
    assert losses == [] or min(losses) - 1e-3 <= points.mean() <= max(losses) + 1e-3
