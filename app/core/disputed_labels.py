"""Test labels of MNIST that people doubt: shown beside a score, never ranked by.

Those that fewer than 3 of 5 human judges accepted. Northcutt, Athalye and Mueller (2021), Pervasive label errors in
test sets destabilize machine learning benchmarks, NeurIPS Datasets and Benchmarks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

JUDGES = 5


@dataclass(frozen=True)
class Dispute:
    """One doubted label. Of the judges, `for_given` chose it, `for_guessed` the other digit, the rest both or neither.

    `guessed` is what the authors' method took for the right label.
    """

    index: int
    given: int
    guessed: int
    for_given: int
    for_guessed: int

    @property
    def for_neither(self) -> int:
        """Judges who chose both digits or neither."""
        return JUDGES - self.for_given - self.for_guessed


_MNIST = (
    Dispute(947, 8, 9, 0, 5),
    Dispute(1621, 0, 6, 2, 3),
    Dispute(1901, 9, 4, 2, 3),
    Dispute(2130, 4, 9, 2, 2),
    Dispute(2462, 2, 0, 0, 4),
    Dispute(2597, 5, 3, 0, 4),
    Dispute(2654, 6, 1, 0, 2),
    Dispute(3520, 6, 4, 2, 0),
    Dispute(3558, 5, 0, 1, 4),
    Dispute(5937, 5, 3, 1, 3),
    Dispute(6651, 0, 6, 0, 5),
    Dispute(6783, 1, 6, 2, 3),
    Dispute(8527, 4, 9, 2, 2),
    Dispute(9679, 6, 3, 2, 0),
    Dispute(9729, 5, 6, 2, 3),
)
_DISPUTES = {"mnist": MappingProxyType({dispute.index: dispute for dispute in _MNIST})}
_NONE: Mapping[int, Dispute] = MappingProxyType({})


def disputes(dataset: str, total: int) -> Mapping[int, Dispute]:
    """The doubted labels by the index of their image; none where the test set is not the 10,000 images of MNIST."""
    return _DISPUTES.get(dataset, _NONE) if total == 10_000 else _NONE


@dataclass(frozen=True)
class Undisputed:
    """A score over the images whose labels nobody doubts; `left_out` is the number of the others."""

    correct: int
    total: int
    left_out: int

    @property
    def accuracy(self) -> float:
        """Share read right, 0..1."""
        return self.correct / self.total


def undisputed(dataset: str, hits: npt.NDArray[np.bool_]) -> Undisputed | None:
    """The score without the doubted labels; None where there are none. `hits`: (M,) bool, in the test set's order."""
    found = list(disputes(dataset, len(hits)))
    if not found:
        return None
    correct = int(hits.sum()) - int(hits[found].sum())
    return Undisputed(correct, len(hits) - len(found), len(found))
