"""A result as its page shows it: the place among its neighbours, digits, the confusion matrix, the loss curve."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from app.core.board import Placed
from app.core.ranking import interval
from app.core.tables import Result
from app.web.charts.intervals import Axis, Interval, axis_for, interval_line
from app.web.charts.loss import Curve

# Neighbours shown above and below; enough to see whether the difference means something.
ABOVE, BELOW = 2, 1
# The faintest and the strongest colour of a cell that is not empty, in per cent.
FAINTEST, STRONGEST = 14, 92
# From this strength on, light text reads better.
LIGHT_TEXT_FROM = 75
# Few errors must not look alarming: colours are relative to at least this many.
STRONGEST_COUNT = 11


@dataclass(frozen=True)
class Neighbour:
    """A line of the small table around a result."""

    row: Placed
    line: Markup
    is_this: bool


@dataclass(frozen=True)
class Ladder:
    """A result among its neighbours, on one axis."""

    neighbours: Sequence[Neighbour]
    axis: Axis


@dataclass(frozen=True)
class Cell:
    """One cell of the confusion matrix."""

    count: int
    is_diagonal: bool
    strength: float

    @property
    def css_class(self) -> str:
        """How it looks."""
        if self.is_diagonal:
            return "dg"
        if self.count == 0:
            return "z"
        return "hi" if self.strength >= LIGHT_TEXT_FROM else ""


@dataclass(frozen=True)
class Digit:
    """How one digit is read."""

    digit: int
    right: int
    total: int
    line: Markup

    @property
    def share(self) -> float | None:
        """Share read right; None if the test set has none."""
        return self.right / self.total if self.total else None

    @property
    def wrong(self) -> int:
        """Misread images of this digit."""
        return self.total - self.right


@dataclass(frozen=True)
class Digits:
    """All ten digits on one axis."""

    digits: Sequence[Digit]
    axis: Axis


def ladder(rows: Sequence[Placed], submission_id: str) -> Ladder | None:
    """The result and its nearest neighbours on the board; None if it does not stand there."""
    here = next((i for i, row in enumerate(rows) if row.entry.submission_id == submission_id), None)
    if here is None:
        return None
    first = max(0, here - ABOVE)
    shown = rows[first : max(here + BELOW + 1, first + ABOVE + BELOW + 1)]
    intervals = [Interval(row.place.low, row.entry.accuracy, row.place.high) for row in shown]
    axis = axis_for(intervals)
    neighbours = [
        Neighbour(row, interval_line(axis, line, "me" if row is rows[here] else ""), row is rows[here])
        for row, line in zip(shown, intervals, strict=True)
    ]
    return Ladder(neighbours, axis)


def confusion_cells(result: Result) -> list[list[Cell]]:
    """The matrix, row by row; strength is relative to the most frequent mistake."""
    mistakes = [count for i, row in enumerate(result.confusion) for j, count in enumerate(row) if i != j]
    most = max([STRONGEST_COUNT, *mistakes])
    return [
        [Cell(count, i == j, round(FAINTEST + (STRONGEST - FAINTEST) * count / most, 1)) for j, count in enumerate(row)]
        for i, row in enumerate(result.confusion)
    ]


def digits(result: Result) -> Digits:
    """Each digit's accuracy with its interval."""
    counts = [(row[digit], sum(row)) for digit, row in enumerate(result.confusion)]
    intervals = [_interval(right, total) for right, total in counts]
    axis = axis_for([shown for shown in intervals if shown is not None])
    lines = [interval_line(axis, shown) if shown else Markup("") for shown in intervals]
    return Digits([Digit(i, *counts[i], lines[i]) for i in range(len(counts))], axis)


def _interval(right: int, total: int) -> Interval | None:
    if total == 0:
        return None
    low, high = interval(right, total)
    return Interval(low, right / total, high)


def curve(result: Result) -> Curve:
    """The training's losses, as they were kept."""
    losses = np.frombuffer(result.losses, "<f4").astype(float).tolist()
    epochs = [row for row in result.epochs if row.get("epoch")]
    return Curve(losses, result.steps, result.steps, len(epochs), [float(row["accuracy"]) for row in epochs])
