"""Order, places and the record: the one place that ranks (DESIGN.md 9)."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

import numpy as np

from app.core.ranges import ranges
from app.core.shared_errors import SharedErrors
from app.core.significance import CONFIDENCE, SIGNIFICANCE, interval, mcnemar_exact

__all__ = [
    "CONFIDENCE",
    "SIGNIFICANCE",
    "Contender",
    "Place",
    "can_rank",
    "in_order",
    "interval",
    "mcnemar_exact",
    "rank",
]


class Contender(Protocol):
    """What ranking needs to know of an entry. `wrong` and `correct` may be means; `run_id` is of the run to test by."""

    @property
    def run_id(self) -> str: ...  # noqa: D102
    @property
    def wrong(self) -> float: ...  # noqa: D102
    @property
    def correct(self) -> float: ...  # noqa: D102
    @property
    def total(self) -> int: ...  # noqa: D102
    @property
    def test_loss(self) -> float: ...  # noqa: D102
    @property
    def created(self) -> datetime: ...  # noqa: D102
    @property
    def is_ranked(self) -> bool: ...  # noqa: D102


C = TypeVar("C", bound=Contender)
Ranks = tuple[int | None, int | None, int | None]
UNRANKED: Ranks = (None, None, None)


@dataclass(frozen=True, slots=True)
class Place:
    """A place on the board. `best` and `worst` are the ranks that the data allow (1 is first).

    All three are None for baselines, which are for comparison, and for what came outside the class' time: they take no
    rank and count for nobody's.
    """

    run_id: str
    rank: int | None
    best: int | None
    worst: int | None
    low: float
    high: float


def order_of(entry: Contender) -> tuple[float, float, datetime, str]:
    """What the board is ordered by: fewer wrong first, then the smaller test loss, then the earlier result."""
    return entry.wrong, entry.test_loss, entry.created, entry.run_id


def in_order(entries: Iterable[C]) -> list[C]:
    """Best first."""
    return sorted(entries, key=order_of)


def can_rank(correct: Any, total: Any, test_loss: Any) -> bool:
    """Whether these are finite, measured numbers; whatever else a table holds never ranks."""
    numbers = (correct, total, test_loss)
    if not all(isinstance(number, int | float) and math.isfinite(number) for number in numbers):
        return False
    return bool(total > 0 and 0 <= correct <= total)


def rank(entries: Sequence[Contender], hits: Mapping[str, bytes], known: SharedErrors | None = None) -> list[Place]:
    """Places, best first.

    The range of a place is 1 + those significantly better … N − those significantly worse, by exact McNemar tests
    between all pairs, Holm-adjusted. All must be of the same test images; `hits` has of each run one bit per image,
    packed as by `numpy.packbits`. `known` keeps what was counted for the next time.
    """
    ordered = in_order(entries)
    ranked = [entry for entry in ordered if entry.is_ranked]
    found = dict(zip((entry.run_id for entry in ranked), _places(ranked, hits, known), strict=True))
    return [_place(entry, found.get(entry.run_id, UNRANKED)) for entry in ordered]


def _place(entry: Contender, ranks: Ranks) -> Place:
    low, high = interval(entry.correct, entry.total)
    return Place(entry.run_id, *ranks, low, high)


def _places(ranked: Sequence[Contender], hits: Mapping[str, bytes], known: SharedErrors | None) -> list[Ranks]:
    if not ranked:
        return []
    shared = (known or SharedErrors(ranked[0].total)).among(hits, [entry.run_id for entry in ranked])
    best, worst = ranges(np.diagonal(shared), shared, [entry.wrong for entry in ranked])
    return list(zip(range(1, len(ranked) + 1), best.tolist(), worst.tolist(), strict=True))
