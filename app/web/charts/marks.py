"""Scales and marks. Everything is in per cent of the plot, so that a chart stretches without its strokes or text."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

FIXED_STROKE = 'vector-effect="non-scaling-stroke"'
Point = tuple[float, float]


@dataclass(frozen=True)
class Scale:
    """Maps a value between `low` and `high` to 0..100; what lies outside is moved to the edge."""

    low: float
    high: float
    is_log: bool = False

    def __call__(self, value: float) -> float:
        """The place of a value."""
        if self.high == self.low:
            return 50.0
        if self.is_log:
            share = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return 100 * min(1.0, max(0.0, share))


@dataclass(frozen=True)
class Tick:
    """A place on an axis and its label."""

    value: float
    label: str


def short(number: float) -> str:
    """A coordinate in two decimals, without zeros at its end."""
    return f"{number:.2f}".rstrip("0").rstrip(".")


def line(x: Scale, y: Scale, points: Iterable[Point], css_class: str) -> str:
    """A line through points; those that are no numbers are left out."""
    finite = [(x(a), 100 - y(b)) for a, b in points if math.isfinite(a) and math.isfinite(b)]
    if not finite:
        return ""
    steps = "L".join(f"{short(a)} {short(b)}" for a, b in finite)
    return f'<path class="ln {css_class}" d="M{steps}" {FIXED_STROKE}/>'


def dot(x: float, y: float, css_class: str = "") -> str:
    """A dot at a place in per cent from the left and from the bottom. A line of no length with a round end."""
    return f'<path class="dot {css_class}" d="M{short(x)} {short(100 - y)}h0" {FIXED_STROKE}/>'


def rule(x: float, css_class: str) -> str:
    """A line from top to bottom."""
    return f'<path class="{css_class}" d="M{short(x)} 0V100" {FIXED_STROKE}/>'


def label(x: float, y: float, text: str, css_class: str = "") -> str:
    """A text at a place in per cent from the left and from the bottom."""
    return f'<span class="lb {css_class}" style="left:{short(x)}%;bottom:{short(y)}%">{escape(text)}</span>'


def svg(body: str, css_class: str = "") -> Markup:
    """A drawing that fills its box."""
    attributes = 'viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true" focusable="false"'
    return _safe(f'<svg class="{css_class}" {attributes}>{body}</svg>')


@dataclass(frozen=True)
class Frame:
    """The box around a plot: axes, height in pixels, and what it shows in words."""

    x: Scale
    y: Scale
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]
    height: int
    description: str
    y_label: str = ""

    def around(self, body: str, labels: str) -> Markup:
        """The plot with its marks and labels."""
        grid = "".join(
            f'<path class="grid" d="M0 {short(100 - self.y(tick.value))}H100" {FIXED_STROKE}/>' for tick in self.y_ticks
        )
        ticks = "".join(_tick("ty", "bottom", self.y(tick.value), tick.label) for tick in self.y_ticks)
        ticks += "".join(_tick("tx", "left", self.x(tick.value), tick.label) for tick in self.x_ticks)
        name = f'<span class="al ay">{escape(self.y_label)}</span>' if self.y_label else ""
        return _safe(
            f'<div class="plot" style="--h:{self.height}px" role="img" aria-label="{escape(self.description)}">'
            f'{svg(grid + body)}<div aria-hidden="true">{ticks}{labels}{name}</div></div>'
        )


def _tick(css_class: str, side: str, place: float, text: str) -> str:
    return f'<span class="tk {css_class}" style="{side}:{short(place)}%">{escape(text)}</span>'


def _safe(html: str) -> Markup:
    """Our own numbers and classes, and texts that were escaped where they came in."""
    return Markup(html)  # noqa: S704
