"""Intervals of accuracies, one a line, on an axis that all lines of a table share."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from app.web.charts.marks import FIXED_STROKE, Scale, Tick, dot, rule, short, svg

# Candidates for the left end in per cent; tables reach from one of them to 100.
STEPS = (0.5, 1, 2, 5, 10, 25)
TICKS_MAXIMUM = 5
# The share of lines that may lie off the axis, so that one bad model does not press all others together.
OFF_AXIS_SHARE = 0.15


@dataclass(frozen=True)
class Axis:
    """An axis of accuracies in per cent."""

    scale: Scale
    ticks: tuple[Tick, ...]

    def place(self, tick: Tick) -> str:
        """Where a tick's label stands, in per cent."""
        return short(self.scale(tick.value))


@dataclass(frozen=True)
class Interval:
    """An accuracy with its interval, 0..1. `seeds`: what several seeds gave, if `share` is their mean."""

    low: float
    share: float
    high: float
    seeds: Sequence[float] = ()


def axis_for(intervals: Sequence[Interval]) -> Axis:
    """An axis from a round number to 100 that shows all but the worst few."""
    lows = sorted(interval.low * 100 for interval in intervals if math.isfinite(interval.low))
    lowest = lows[int(len(lows) * OFF_AXIS_SHARE)] if lows else 0.0
    left, step = next(start for step in STEPS if (start := _start(lowest, step))[0] + step * TICKS_MAXIMUM >= 100)
    count = round((100 - left) / step)
    return Axis(Scale(left, 100.0), tuple(Tick(left + step * i, f"{left + step * i:g}") for i in range(count + 1)))


def _start(lowest: float, step: float) -> tuple[float, float]:
    return min(math.floor(lowest / step) * step, 100 - step), step


def interval_line(axis: Axis, shown: Interval, css_class: str = "", leader: float | None = None) -> Markup:
    """One line: grid, the leader's accuracy, the interval and its dot; an arrow where it lies off the axis."""
    body = "".join(rule(axis.scale(tick.value), "grid") for tick in axis.ticks)
    if leader is not None:
        body += rule(axis.scale(leader * 100), "refl")
    return svg(body + _interval(axis.scale, shown), f"forest {css_class}")


def _interval(scale: Scale, shown: Interval) -> str:
    if not all(map(math.isfinite, (shown.low, shown.share, shown.high))):
        return ""
    if shown.share * 100 < scale.low:
        return f'<path class="ci off" d="M3.5 36L0 50L3.5 64" fill="none" {FIXED_STROKE}/>'
    left, right = (short(scale(end * 100)) for end in (shown.low, shown.high))
    return f'<path class="ci" d="M{left} 50H{right}" {FIXED_STROKE}/>' + _dots(scale, shown)


def _dots(scale: Scale, shown: Interval) -> str:
    """One for the accuracy; of several seeds a faint one each, below."""
    seeds = "".join(dot(scale(share * 100), 24, "seed") for share in shown.seeds if share * 100 >= scale.low)
    return dot(scale(shown.share * 100), 50) + seeds
