"""Somebody's results over time as dots, and the best so far as a step line."""

import math
from collections.abc import Sequence
from datetime import datetime

from markupsafe import Markup

from app.web.charts.intervals import Interval, axis_for
from app.web.charts.marks import Frame, Point, Scale, Tick, dot, line

HEIGHT_PX = 160
# The dates below the first and the last dot need room to both sides, on a phone too.
MARGIN = 0.13


def progress_chart(
    results: Sequence[tuple[datetime, float]], dates: tuple[str, str], description: str
) -> Markup | None:
    """The chart of at least two results, oldest first; None of fewer. `results`: moments and accuracies, 0..1.

    `dates`: how the first and the last day are written.
    """
    points = [(moment.timestamp(), share * 100) for moment, share in results if math.isfinite(share)]
    if len(points) < 2:
        return None
    lowest = min(share for _, share in points) / 100
    vertical = axis_for([Interval(lowest, lowest, lowest)])
    spare = (points[-1][0] - points[0][0]) * MARGIN
    across = Scale(points[0][0] - spare, points[-1][0] + spare)
    ends = [Tick(points[0][0], dates[0]), Tick(points[-1][0], dates[1])]
    frame = Frame(across, vertical.scale, ends, vertical.ticks, HEIGHT_PX, description, "%")
    dots = "".join(dot(across(moment), vertical.scale(share)) for moment, share in points)
    return frame.around(line(across, vertical.scale, _best_so_far(points), "best") + dots, "")


def _best_so_far(points: Sequence[Point]) -> list[Point]:
    steps: list[Point] = []
    best = -math.inf
    for moment, share in points:
        if steps:
            steps.append((moment, best))
        best = max(best, share)
        steps.append((moment, best))
    return steps
