"""Whether a model is as often right as it is sure: from what a result stores, so that readers can recompute it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BINS = 15


@dataclass(frozen=True)
class Bin:
    """Predictions of one stretch of confidence: their number, mean confidence and share that is right."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


def reliability(confidences: npt.ArrayLike, hits: npt.ArrayLike, bins: int = BINS) -> list[Bin]:
    """The reliability curve over `bins` equal stretches of 0..1; those without predictions are left out.

    `confidences`: (M,), the probability given to the predicted class. `hits`: (M,) bool. A stretch holds its upper end,
    as in Guo, Pleiss, Sun and Weinberger (2017), On calibration of modern neural networks, ICML.
    """
    sure = np.asarray(confidences, dtype=np.float64)
    right = np.asarray(hits, dtype=np.float64)
    edges = np.linspace(0.0, 1.0, bins + 1)
    index = np.clip(np.searchsorted(edges, sure, side="left") - 1, 0, bins - 1)
    counts = np.bincount(index, minlength=bins)
    sums, rights = (np.bincount(index, weights=values, minlength=bins) for values in (sure, right))
    return [
        Bin(float(edges[i]), float(edges[i + 1]), int(counts[i]), sums[i] / counts[i], rights[i] / counts[i])
        for i in np.flatnonzero(counts)
    ]


def expected_calibration_error(confidences: npt.ArrayLike, hits: npt.ArrayLike, bins: int = BINS) -> float:
    """The mean distance between confidence and accuracy, 0..1, each stretch weighted by its predictions.

    Naeini, Cooper and Hauskrecht (2015), Obtaining well calibrated probabilities using Bayesian binning, AAAI.
    """
    found = reliability(confidences, hits, bins)
    total = sum(each.count for each in found)
    return sum(each.count * abs(each.accuracy - each.confidence) for each in found) / total


def packed_ece(confidences: bytes, hits: bytes) -> float:
    """The same of the two as a result stores them: little-endian float16, and bits packed by `numpy.packbits`."""
    return expected_calibration_error(*unpacked(confidences, hits))


def unpacked(confidences: bytes, hits: bytes) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Both as arrays (M,)."""
    sure = np.frombuffer(confidences, "<f2").astype(np.float64)
    bits = np.unpackbits(np.frombuffer(hits, np.uint8), count=len(sure))
    return sure, bits.astype(np.bool_)
