"""Small curves that fall: the share read right, unchanged and at each strength of a change."""

from collections.abc import Sequence

from markupsafe import Markup

from app.web.charts.marks import FIXED_STROKE, Scale, dot, line, short, svg

# All small charts share one scale, from nothing to everything.
SHARES = Scale(0, 1)


def fall(unchanged: float, shares: Sequence[float]) -> Markup:
    """One curve. It starts at the unchanged images' share, where a faint line stays for comparison."""
    x = Scale(0, len(shares))
    points = list(enumerate([unchanged, *shares]))
    level = short(100 - SHARES(unchanged))
    body = f'<path class="grid" d="M0 0V100H100" {FIXED_STROKE}/><path class="ep" d="M0 {level}H100" {FIXED_STROKE}/>'
    body += line(x, SHARES, [(float(step), share) for step, share in points], "")
    body += "".join(dot(x(step), SHARES(share), "c" if step == 0 else "") for step, share in points)
    return svg(body, "fall")
