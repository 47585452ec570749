"""Order, intervals and paired tests: the one place that ranks (DESIGN.md 9)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

SIGNIFICANCE = 0.05
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Score:
    """What ranking needs to know of a result. `hits`: one bit per test image, packed as by `numpy.packbits`."""

    run_id: str
    correct: int
    total: int
    test_loss: float
    created: datetime
    hits: bytes

    @property
    def wrong(self) -> int:
        """Misread test images."""
        return self.total - self.correct


@dataclass(frozen=True)
class Place:
    """A place on the board. `best` and `worst` are the ranks that the data allow (1 is first)."""

    run_id: str
    rank: int
    best: int
    worst: int
    low: float
    high: float


@lru_cache(maxsize=10_000)
def interval(correct: int, total: int) -> tuple[float, float]:
    """The 95 % interval of an accuracy, 0..1.

    Wilson (1927), Probable inference, the law of succession, and statistical inference, JASA 22.
    """
    found = stats.binomtest(correct, total).proportion_ci(CONFIDENCE, method="wilson")
    return float(found.low), float(found.high)


def rank(scores: Sequence[Score]) -> list[Place]:
    """Places in order: fewer wrong first, then the smaller test loss, then the earlier result.

    The range of a place is 1 + those significantly better … N − those significantly worse, by exact McNemar tests
    between all pairs, Holm-adjusted. All scores must be of the same test images.
    """
    ordered = in_order(scores)
    better = _significantly_better(ordered)
    return [_place(ordered[i], i, better) for i in range(len(ordered))]


def in_order(scores: Sequence[Score]) -> list[Score]:
    """Best first, without the tests."""
    return sorted(scores, key=lambda score: (score.wrong, score.test_loss, score.created, score.run_id))


def _place(score: Score, index: int, better: npt.NDArray[np.bool_]) -> Place:
    low, high = interval(score.correct, score.total)
    best = 1 + int(better[:, index].sum())
    worst = len(better) - int(better[index].sum())
    return Place(score.run_id, index + 1, best, worst, low, high)


def _significantly_better(ordered: Sequence[Score]) -> npt.NDArray[np.bool_]:
    """N × N: whether the row's entry is better than the column's beyond chance."""
    count = len(ordered)
    better = np.zeros((count, count), dtype=bool)
    if count < 2:
        return better
    only_row = _only_first_right(ordered)
    upper = np.triu_indices(count, k=1)
    p_values = mcnemar_exact(only_row[upper], only_row.T[upper])
    significant = holm(p_values) < SIGNIFICANCE
    row_wins = only_row > only_row.T
    better[upper] = significant & row_wins[upper]
    better.T[upper] = significant & row_wins.T[upper]
    return better


def _only_first_right(ordered: Sequence[Score]) -> npt.NDArray[np.int64]:
    """N × N: test images that the row's entry reads right and the column's wrong."""
    bits = np.unpackbits(
        np.frombuffer(b"".join(score.hits for score in ordered), np.uint8).reshape(len(ordered), -1), axis=1
    )
    # Images that all read right count for nobody, and there are many.
    bits = bits[:, : ordered[0].total]
    hits = bits[:, ~bits.all(axis=0)].astype(np.float32)  # float32 counts exactly to 16 million and multiplies fast
    counts: npt.NDArray[np.int64] = np.rint(hits @ (1 - hits).T).astype(np.int64)
    return counts


def mcnemar_exact(only_first: npt.ArrayLike, only_second: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Two-sided p-values that two readers of the same images are equally good.

    McNemar (1947), Psychometrika 12, with the exact binomial distribution: of the images that only one reads right,
    each falls to either with probability 1/2.
    """
    first, second = np.asarray(only_first), np.asarray(only_second)
    p_values: npt.NDArray[np.float64] = 2 * stats.binom.cdf(np.minimum(first, second), first + second, 0.5)
    return np.minimum(p_values, 1.0)


def holm(p_values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """p-values adjusted for their number. Holm (1979), A simple sequentially rejective multiple test procedure."""
    order = np.argsort(p_values)
    factors = np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(p_values[order] * factors), 1.0)
    return adjusted
