"""From predictions to a measured result: the only place where test labels meet predictions.

numpy and scipy only: this runs in the worker itself, which must never load torch or anything uploaded.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp

from app.core.sentences import N_, Sentence

CLASSES = 10
LOSS_POINTS = 600
# A row of float32 log-probabilities sums to one within this; a child that sends scores of another kind is far off.
SUM_TOLERANCE = 1e-3

# e to this power is still a finite float64.
LARGEST_EXPONENT = 700.0

LogProbabilities = npt.NDArray[np.float32]


class BadOutput(Exception):
    """The child's predictions are not what the protocol demands."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


@dataclass(frozen=True)
class Measurement:
    """What one set of predictions is worth.

    `predictions`: (M,) uint8. `hits`: M bits packed by `numpy.packbits`. `confidences`: (M,) little-endian float16,
    the probability given to the predicted class. `confusion`: 10 × 10 counts, rows true, columns read as.
    """

    correct: int
    total: int
    test_loss: float
    predictions: bytes
    hits: bytes
    confidences: bytes
    confusion: list[list[int]]

    @property
    def accuracy(self) -> float:
        """Share read right, 0..1."""
        return self.correct / self.total


def read_log_probabilities(frame: bytes, images: int) -> LogProbabilities:
    """The (images, 10) float32 array in a frame of the child, checked as what it claims to be.

    Raises:
        BadOutput: wrong length, not finite, or rows that are no probabilities.
    """
    expected = images * CLASSES * 4
    if len(frame) != expected:
        text = N_(
            "The predictions have %(given)s bytes; %(expected)s are needed, 10 scores for each of %(images)s images."
        )
        raise BadOutput(Sentence(text, {"given": len(frame), "expected": expected, "images": images}))
    scores: LogProbabilities = np.frombuffer(frame, "<f4").reshape(images, CLASSES)
    if np.isnan(scores).any() or np.isposinf(scores).any():
        first = int(np.flatnonzero(~np.isfinite(scores).all(axis=1))[0])
        text = N_("The scores of test image %(image)s are not all numbers (NaN or infinite).")
        raise BadOutput(Sentence(text, {"image": first}))
    off = np.abs(logsumexp(scores, axis=1))
    if not (off <= SUM_TOLERANCE).all():
        text = N_("The scores of test image %(image)s are no probabilities: they sum to %(sum).4g instead of 1.")
        first = int(np.flatnonzero(~(off <= SUM_TOLERANCE))[0])
        # Not infinite: Postgres' JSON cannot hold that.
        total = float(np.exp(min(float(logsumexp(scores[first])), LARGEST_EXPONENT)))
        raise BadOutput(Sentence(text, {"image": first, "sum": total}))
    return scores


def measure(scores: LogProbabilities, labels: npt.NDArray[np.uint8]) -> Measurement:
    """Score (M, 10) log-probabilities against (M,) labels.

    The prediction is the class with the highest score; among equals the lowest class, as in torch. The test loss is
    the mean negative log-likelihood; a probability of zero given to the true class counts as the smallest float32, so
    that one image cannot make the loss infinite.
    """
    predictions = scores.argmax(axis=1).astype(np.uint8)
    hits = predictions == labels
    rows = np.arange(len(labels))
    floor = np.log(np.finfo(np.float32).tiny)
    confusion = np.zeros((CLASSES, CLASSES), dtype=int)
    np.add.at(confusion, (labels, predictions), 1)
    return Measurement(
        correct=int(hits.sum()),
        total=len(labels),
        test_loss=float(-np.maximum(scores[rows, labels], floor).mean(dtype=np.float64)),
        predictions=predictions.tobytes(),
        hits=np.packbits(hits).tobytes(),
        confidences=np.exp(scores[rows, predictions]).astype("<f2").tobytes(),
        confusion=confusion.tolist(),
    )


def thin(losses: list[float]) -> bytes:
    """At most `LOSS_POINTS` little-endian float32 values: means of equal stretches, so that no step is left out."""
    values = np.asarray(losses, dtype=np.float64)
    pieces = np.array_split(values, min(len(values), LOSS_POINTS)) if len(values) else []
    return np.array([piece.mean() for piece in pieces], dtype="<f4").tobytes()
