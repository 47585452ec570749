"""Two readers of the same images: who is better, whether that can be chance, and how large it may be."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats

from app.core.ranking import CONFIDENCE, SIGNIFICANCE, mcnemar_exact

# The score is infinite where the second reader could never be right alone; the interval ends short of there.
EDGE = 1e-9


@dataclass(frozen=True)
class Pair:
    """How two readers read the same images: counts, test, and the difference first − second with its 95 % interval.

    `difference`, `low` and `high` are shares of all images, −1..1; above 0 the first is better.
    """

    both: int
    only_first: int
    only_second: int
    neither: int
    p_value: float
    difference: float
    low: float
    high: float

    @property
    def total(self) -> int:
        """All images."""
        return self.both + self.only_first + self.only_second + self.neither

    @property
    def fewer_wrong(self) -> int:
        """Images by which the first is better; negative where the second is."""
        return self.only_first - self.only_second

    @property
    def is_significant(self) -> bool:
        """Whether the difference is beyond chance."""
        return self.p_value < SIGNIFICANCE

    @property
    def is_at_border(self) -> bool:
        """Whether the interval excludes 0 although the exact test sees nothing beyond chance; the test decides.

        The interval goes with McNemar's score test, which calls slightly smaller differences significant.
        """
        return not self.is_significant and not self.low <= 0 <= self.high


def unpack_hits(hits: bytes, total: int) -> npt.NDArray[np.bool_]:
    """(total,) bool from bits packed by `numpy.packbits`."""
    return np.unpackbits(np.frombuffer(hits, np.uint8), count=total).astype(np.bool_)


def pair(first_hits: bytes, second_hits: bytes, total: int) -> Pair:
    """Pair two results of the same `total` images, each with one bit per image, packed by `numpy.packbits`."""
    first, second = unpack_hits(first_hits, total), unpack_hits(second_hits, total)
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    low, high = paired_interval(only_first, only_second, total)
    return Pair(
        both=int((first & second).sum()),
        only_first=only_first,
        only_second=only_second,
        neither=int((~first & ~second).sum()),
        p_value=float(mcnemar_exact(only_first, only_second)),
        difference=(only_first - only_second) / total,
        low=low,
        high=high,
    )


@lru_cache(maxsize=10_000)
def paired_interval(
    only_first: int, only_second: int, total: int, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """The interval of the difference of two paired shares, first − second.

    Tango (1998), Equivalence test and confidence interval for the difference in proportions for the paired-sample
    design, Statistics in Medicine 17. At a difference of 0 its test is McNemar's without continuity correction.
    """
    z = float(stats.norm.ppf((1 + confidence) / 2))
    counts = (only_first, only_second, total)
    observed = (only_first - only_second) / total
    low = observed if observed <= EDGE - 1 else _root(counts, z, EDGE - 1, observed)
    high = observed if observed >= 1 - EDGE else _root(counts, -z, observed, 1 - EDGE)
    return low, high


def _root(counts: tuple[int, int, int], z: float, left: float, right: float) -> float:
    """The difference between two others at which the score, which falls with it, is `z`."""
    return float(optimize.brentq(lambda difference: _score(*counts, difference) - z, left, right, xtol=1e-12))


def _score(only_first: int, only_second: int, total: int, difference: float) -> float:
    """Tango's score at a difference: how many standard errors the observed one lies above it.

    The variance takes the most likely share of images that only the second reads right, given that difference.
    """
    linear = -only_first - only_second + (2 * total - only_first + only_second) * difference
    constant = -only_second * difference * (1 - difference)
    share = (math.sqrt(max(0.0, linear**2 - 8 * total * constant)) - linear) / (4 * total)
    variance = total * (2 * share + difference * (1 - difference))
    above = only_first - only_second - total * difference
    if variance <= 0:
        return math.copysign(math.inf, above) if above else 0.0
    return above / math.sqrt(variance)
