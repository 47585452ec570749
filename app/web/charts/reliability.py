"""The reliability curve: the share that is right against how sure the network is."""

from collections.abc import Sequence

from markupsafe import Markup

from app.core.calibration import Bin
from app.web.charts.marks import FIXED_STROKE, Frame, Scale, Tick, dot, line

HEIGHT_PX = 220
# Fewer predictions than this say little about a share.
FEW = 20
UNIT = Scale(0, 1)
TICKS = tuple(Tick(value / 100, f"{value} %") for value in (0, 25, 50, 75, 100))


def reliability_chart(bins: Sequence[Bin], description: str, right: str, sure: str) -> Markup:
    """The curve beside the diagonal, on which confidence and accuracy agree. `right`, `sure`: words of the axes."""
    body = f'<path class="ep" d="M0 100L100 0" {FIXED_STROKE}/>'
    body += line(UNIT, UNIT, [(each.confidence, each.accuracy) for each in bins], "")
    for each in bins:
        body += dot(UNIT(each.confidence), UNIT(each.accuracy), "c" if each.count < FEW else "")
    name = Markup('<span class="al ax">{}</span>').format(sure)
    return Frame(UNIT, UNIT, TICKS, TICKS, HEIGHT_PX, description, right).around(body, name)
