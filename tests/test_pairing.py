"""Paired differences against published tables, statsmodels and simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar

from app.core.pairing import pair, paired_interval, unpack_hits


def packed(*bits: int) -> bytes:
    return np.packbits(np.array(bits, dtype=np.uint8)).tobytes()


def test_images_are_counted_by_who_reads_them_right() -> None:
    found = pair(packed(1, 1, 1, 0, 0), packed(1, 0, 0, 1, 0), 5)

    assert (found.both, found.only_first, found.only_second, found.neither) == (1, 2, 1, 1)
    assert (found.total, found.fewer_wrong, found.difference) == (5, 1, 0.2)


@pytest.mark.parametrize(("first", "second", "is_at_border"), [(22, 10, True), (22, 12, False), (23, 10, False)])
def test_the_interval_may_exclude_zero_where_the_exact_test_does_not(
    first: int, second: int, is_at_border: bool
) -> None:
    bits = np.zeros((2, 10_000), np.uint8)
    bits[0, :first] = bits[1, first : first + second] = 1

    found = pair(packed(*bits[0]), packed(*bits[1]), 10_000)

    assert found.is_at_border is is_at_border


def test_bits_behind_the_last_image_count_for_nobody() -> None:
    assert pair(b"\xff", b"\xf0", 4).only_first == 0
    assert unpack_hits(b"\xff\xff", 9).tolist() == [True] * 9


def test_the_p_value_is_the_exact_mcnemar_test_of_statsmodels() -> None:
    random = np.random.default_rng(1)
    first, second = random.random(500) < 0.9, random.random(500) < 0.85

    found = pair(np.packbits(first).tobytes(), np.packbits(second).tobytes(), 500)

    table = [[found.both, found.only_first], [found.only_second, found.neither]]
    assert found.p_value == pytest.approx(mcnemar(table, exact=True).pvalue)
    assert (found.p_value < 0.05) is found.is_significant


# Fagerland, Lydersen and Laake (2017), Statistical Analysis of Contingency Tables, chapter 8: airway
# hyper-responsiveness before and after stem cell transplantation. The other: R's PropCIs, scoreci.mp(25, 28, 618, 0.9).
@pytest.mark.parametrize(
    ("only_first", "only_second", "total", "confidence", "low", "high"),
    [(1, 7, 21, 0.95, -0.517, -0.026), (28, 25, 618, 0.90, -0.0148, 0.0247)],
)
def test_the_interval_is_that_of_published_examples(
    only_first: int, only_second: int, total: int, confidence: float, low: float, high: float
) -> None:
    digits = 3 if total == 21 else 4

    found = paired_interval(only_first, only_second, total, confidence)

    assert (round(found[0], digits), round(found[1], digits)) == (low, high)


@pytest.mark.parametrize(("only_first", "only_second"), [(10, 2), (50, 3), (7, 6), (1, 0)])
def test_the_interval_ends_at_zero_exactly_where_mcnemars_score_test_says_so(only_first: int, only_second: int) -> None:
    table = [[900, only_first], [only_second, 30]]
    p_value = mcnemar(table, exact=False, correction=False).pvalue

    low, high = paired_interval(only_first, only_second, 930 + only_first + only_second, 1 - p_value)

    assert low == pytest.approx(0, abs=1e-9)
    assert high > 0


def test_two_equal_readers_still_may_differ_a_little() -> None:
    low, high = paired_interval(0, 0, 10_000)

    z = stats.norm.ppf(0.975)
    assert high == pytest.approx(z**2 / (10_000 + z**2))  # solved by hand where nothing differs
    assert low == pytest.approx(-high)


def test_a_reader_who_is_always_right_against_one_who_never_is_cannot_be_better_still() -> None:
    assert paired_interval(5, 0, 5)[1] == 1
    assert paired_interval(0, 5, 5)[0] == -1


@given(st.integers(0, 300), st.integers(0, 300), st.integers(1, 10_000))
def test_the_interval_holds_what_was_observed_and_turns_with_the_order(first: int, second: int, others: int) -> None:
    total = first + second + others

    low, high = paired_interval(first, second, total)

    assert -1 <= low <= (first - second) / total <= high <= 1
    assert paired_interval(second, first, total) == pytest.approx((-high, -low), abs=1e-9)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(0)
    counts = random.multinomial(2_000, [0.97, 0.015, 0.009, 0.006], size=2_000)

    intervals = [paired_interval(int(first), int(second), 2_000) for _, first, second, _ in counts]

    covered = np.mean([low <= 0.006 <= high for low, high in intervals])
    assert 0.935 < covered < 0.965
