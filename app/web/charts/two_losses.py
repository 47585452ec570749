"""The training losses of two runs in one chart, over epochs: steps of different batch sizes cannot be compared."""

from dataclasses import dataclass

from markupsafe import Markup

from app.web.charts.loss import SMOOTH_POINTS, Curve, loss_axis, smoothed, thinned
from app.web.charts.marks import Frame, Point, Scale, Tick, line

HEIGHT_PX = 220
# One tick for each epoch up to this many, then fewer.
TICKS_MAXIMUM = 10


@dataclass(frozen=True)
class Words:
    """The chart's texts in the reader's language."""

    description: str
    axis: str


def two_losses(first: Curve, second: Curve, words: Words) -> Markup | None:
    """Both smoothed curves; None where one of them has nothing to draw."""
    curves = [_by_epoch(first), _by_epoch(second)]
    if not all(curves):
        return None
    epochs = max(first.epochs, second.epochs)
    x = Scale(0, epochs)
    y, y_ticks = loss_axis([loss for curve in curves for _, loss in curve])
    body = line(x, y, curves[1], "two") + line(x, y, curves[0], "")
    size = -(-epochs // TICKS_MAXIMUM)
    x_ticks = [Tick(epoch, str(epoch)) for epoch in range(0, epochs + 1, size)]
    return Frame(x, y, x_ticks, y_ticks, HEIGHT_PX, words.description, words.axis).around(body, "")


def _by_epoch(curve: Curve) -> list[Point]:
    if curve.steps <= 0:
        return []
    scale = curve.epochs / curve.steps
    return [(step * scale, loss) for step, loss in thinned(smoothed(curve.points), SMOOTH_POINTS)]
