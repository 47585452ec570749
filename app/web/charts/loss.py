"""The training loss: every step faint, a smoothed line, the epochs, and the test accuracy after each of them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

import numpy as np
from markupsafe import Markup

from app.web.charts.marks import Frame, Point, Scale, Tick, dot, label, line, rule, short, svg

# A run with batch size 1 has a million steps; beyond this many they are averaged before anything is drawn.
POINTS_MAXIMUM = 2400
# More points than the widest screen has pixels for them only cost bytes.
RAW_POINTS = 420
SMOOTH_POINTS = 200
HEIGHT_PX = 250
ACCURACY_PLACE = 92.0
Y_TICKS = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 1e3, 1e4, 1e5)
X_TICKS_MAXIMUM = 6
# One scale for all small charts of the board, so that they can be compared.
SPARK_SCALE = Scale(0.008, 2.6, is_log=True)


@dataclass(frozen=True)
class Curve:
    """Losses evenly spread over the first `done` of `steps` steps; test accuracies (0..1) after epochs 1, 2, …."""

    losses: Sequence[float]
    done: int
    steps: int
    epochs: int
    accuracies: Sequence[float] = field(default=())

    @property
    def points(self) -> list[Point]:
        """Step and loss, without what a logarithm cannot show."""
        values = np.asarray(self.losses, dtype=np.float64)
        steps = (np.arange(len(values)) + 0.5) * (self.done / max(1, len(values)))
        usable = np.isfinite(values) & (values > 0)
        steps, values = steps[usable], values[usable]
        if len(values) > POINTS_MAXIMUM:
            starts = np.linspace(0, len(values), POINTS_MAXIMUM, endpoint=False).astype(int)
            counts = np.diff(starts, append=len(values))
            steps, values = np.add.reduceat(steps, starts) / counts, np.add.reduceat(values, starts) / counts
        return list(zip(steps.tolist(), values.tolist(), strict=True))


@dataclass(frozen=True)
class Words:
    """The chart's texts in the reader's language; `epoch` has a place for its number."""

    description: str
    axis: str
    epoch: str


def loss_chart(curve: Curve, words: Words, is_live: bool = False) -> Markup | None:
    """The chart, or None where there is nothing to draw."""
    points = curve.points
    if not points or curve.steps <= 0:
        return None
    x = Scale(0, curve.steps)
    y, y_ticks = loss_axis([loss for _, loss in points])
    smooth = smoothed(points)
    body = _epoch_rules(curve) + line(x, y, thinned(points, RAW_POINTS), "raw")
    body += line(x, y, thinned(smooth, SMOOTH_POINTS), "")
    labels = _epoch_labels(curve, words)
    for place, accuracy in _accuracy_places(curve):
        body += dot(place, ACCURACY_PLACE, "val")
        labels += label(place, ACCURACY_PLACE, f"{accuracy * 100:.2f} %", "val l")
    if is_live:
        step, loss = smooth[-1]
        body += dot(x(step), y(loss))
        labels += label(x(step), y(loss), f"{loss:.3f}", "me")
    return Frame(x, y, _step_ticks(curve.steps), y_ticks, HEIGHT_PX, words.description, words.axis).around(body, labels)


def loss_axis(losses: Sequence[float]) -> tuple[Scale, list[Tick]]:
    """From the tick below the smallest loss to the one above the largest."""
    low = max((tick for tick in Y_TICKS if tick <= min(losses)), default=Y_TICKS[0])
    high = min((tick for tick in Y_TICKS if tick >= max(losses) and tick > low), default=Y_TICKS[-1])
    shown = [tick for tick in Y_TICKS if low <= tick <= high]
    return Scale(low, high, is_log=True), [Tick(tick, f"{tick:g}") for tick in shown[:: 1 + len(shown) // 8]]


def _step_ticks(steps: int) -> list[Tick]:
    """Round numbers from 0, at most `X_TICKS_MAXIMUM` of them."""
    sizes = (factor * 10**power for power in range(12) for factor in (1, 2, 5))
    size = next(size for size in sizes if steps / size <= X_TICKS_MAXIMUM)
    return [Tick(step, f"{step:,}") for step in range(0, steps + 1, size)]


def _epoch_rules(curve: Curve) -> str:
    return "".join(rule(100 * epoch / curve.epochs, "ep") for epoch in range(1, curve.epochs))


def _epoch_labels(curve: Curve, words: Words) -> str:
    """Numbers between the rules, as long as there is room for words."""
    if not 1 < curve.epochs <= 5:
        return ""
    middles = ((100 * (epoch - 0.5) / curve.epochs, epoch) for epoch in range(1, curve.epochs + 1))
    return "".join(label(place, 0, words.epoch % {"epoch": epoch}, "b") for place, epoch in middles)


def _accuracy_places(curve: Curve) -> list[Point]:
    """Where accuracies are told: all where there is room, else those of the first, some, and the last epoch."""
    every = max(1, round(curve.epochs / 5))
    last = len(curve.accuracies)
    return [
        (100 * epoch / curve.epochs, accuracy)
        for epoch, accuracy in enumerate(curve.accuracies, 1)
        if (epoch % every == 0 and last - epoch >= every) or epoch == last
    ]


def smoothed(points: Sequence[Point]) -> list[Point]:
    """Centred means. Their reach grows with the step, so that the steep beginning is not drawn late."""
    sums = list(accumulate((loss for _, loss in points), initial=0.0))
    means = []
    for i, (step, _) in enumerate(points):
        reach = min(max(3, len(points) // 40), int(2 + 0.12 * i))
        first, last = max(0, i - reach), min(len(points), i + reach + 1)
        means.append((step, (sums[last] - sums[first]) / (last - first)))
    return means


def thinned(points: Sequence[Point], count: int) -> list[Point]:
    """Means of at most `count` stretches of equal length."""
    if len(points) <= count:
        return list(points)
    bounds = [round(i * len(points) / count) for i in range(count + 1)]
    return [_mean(points[first:last]) for first, last in pairwise(bounds)]


def _mean(points: Sequence[Point]) -> Point:
    return sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)


def spark(losses: Sequence[float]) -> Markup:
    """A small curve without axes, for a table."""
    usable = [(float(i), loss) for i, loss in enumerate(losses) if math.isfinite(loss) and loss > 0]
    if len(usable) < 2:
        return Markup("")
    points = thinned(usable, 48)
    x = Scale(points[0][0], points[-1][0])
    path = "L".join(f"{short(x(step))} {short(100 - SPARK_SCALE(loss))}" for step, loss in points)
    return svg(f'<path d="M{path}" vector-effect="non-scaling-stroke"/>', "spark")
