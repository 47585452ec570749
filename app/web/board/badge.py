"""A small picture of a result, for a README: what was measured, and its rank."""

from dataclasses import dataclass

from markupsafe import Markup, escape

# Mean widths of 11 px Verdana, as badges elsewhere have it; `textLength` then makes them exact in any font.
NARROW, WIDE = 6.4, 11.0
MARGIN_PX = 12
HEIGHT_PX = 20
GREY, BLUE = "#555a62", "#1b5a9c"


@dataclass(frozen=True)
class _Part:
    text: str
    left: float
    colour: str

    @property
    def width(self) -> float:
        return round(_length(self.text) + MARGIN_PX, 1)

    def svg(self) -> str:
        length = round(_length(self.text), 1)
        return (
            f'<rect x="{self.left}" width="{self.width}" height="{HEIGHT_PX}" fill="{self.colour}"/>'
            f'<text x="{self.left + self.width / 2:.1f}" y="14" textLength="{length}" '
            f'lengthAdjust="spacingAndGlyphs">{escape(self.text)}</text>'
        )


def _length(text: str) -> float:
    return sum(NARROW if letter.isascii() else WIDE for letter in text)


def badge_svg(name: str, value: str) -> Markup:
    """Two words in two boxes."""
    left = _Part(name, 0, GREY)
    right = _Part(value, left.width, BLUE)
    width = round(left.width + right.width, 1)
    title = escape(f"{name}: {value}")
    return Markup(  # noqa: S704 - our own numbers, and texts escaped above
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{HEIGHT_PX}" role="img" '
        f'aria-label="{title}"><title>{title}</title><clipPath id="r"><rect width="{width}" height="{HEIGHT_PX}" '
        f'rx="3"/></clipPath><g clip-path="url(#r)" fill="#fff" text-anchor="middle" '
        f'font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">{left.svg()}{right.svg()}</g></svg>'
    )
