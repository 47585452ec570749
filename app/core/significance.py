"""What chance alone can do: intervals of accuracies, and exact paired tests."""

import math

import numpy as np
import numpy.typing as npt
from scipy import stats

SIGNIFICANCE = 0.05
CONFIDENCE = 0.95
Z = float(stats.norm.ppf((1 + CONFIDENCE) / 2))


def interval(correct: float, total: int) -> tuple[float, float]:
    """The 95 % interval of an accuracy, 0..1. `correct` may be a mean of several runs.

    Wilson (1927), Probable inference, the law of succession, and statistical inference, JASA 22. Written out, as
    scipy's takes whole counts only, and a tenth of a millisecond each.
    """
    share, weight = correct / total, Z * Z / total
    middle = (share + weight / 2) / (1 + weight)
    reach = Z / (1 + weight) * math.sqrt(share * (1 - share) / total + weight / (4 * total))
    # At 0 and at 1 the interval begins and ends there exactly; rounding must not put the share outside it.
    return max(0.0, min(share, middle - reach)), min(1.0, max(share, middle + reach))


def mcnemar_exact(only_first: npt.ArrayLike, only_second: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Two-sided p-values that two readers of the same images are equally good.

    McNemar (1947), Psychometrika 12, with the exact binomial distribution: of the images that only one reads right,
    each falls to either with probability 1/2.
    """
    first, second = np.asarray(only_first), np.asarray(only_second)
    p_values: npt.NDArray[np.float64] = 2 * stats.binom.cdf(np.minimum(first, second), first + second, 0.5)
    return np.minimum(p_values, 1.0)
