"""The results of several seeds as dots on one line, with their mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from markupsafe import Markup

from app.web.charts.marks import Scale, dot, rule, short, svg

# Two equal results must not touch the edges of the drawing, and few images apart must not look like many.
MARGIN = 0.15
NARROWEST = 10


@dataclass(frozen=True)
class SeedDots:
    """The drawing, and where the numbers of wrong images stand below it, in per cent from the left."""

    line: Markup
    labels: tuple[tuple[str, str], ...]


def seed_dots(wrong: Sequence[int]) -> SeedDots:
    """One dot for each count of wrong images, fewer to the right, as accuracies are drawn elsewhere."""
    low, high = min(wrong), max(wrong)
    spare = max(high - low, NARROWEST) * MARGIN + max(0, NARROWEST - (high - low)) / 2
    scale = Scale(low - spare, high + spare)
    mean = fmean(wrong)
    body = rule(100 - scale(mean), "refl") + "".join(dot(100 - scale(count), 50) for count in wrong)
    ends = sorted({low, high}, reverse=True)
    return SeedDots(svg(body, "forest"), tuple((short(100 - scale(count)), str(count)) for count in ends))
