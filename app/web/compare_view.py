"""Two submissions beside each other, as the page shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup

from app.core.comparison import Comparison, Disagreement, Side
from app.core.lineage import comparable_recipes
from app.core.sentences import N_, Sentence
from app.web import pair_words, result_view
from app.web.change_words import ChangeRow, change_rows
from app.web.charts.marks import Scale, dot, rule, short, svg
from app.web.charts.two_losses import Words, two_losses
from app.web.digit_images import Sheet, sheet
from app.web.model_words import network_title
from app.web.page import Page
from app.web.recipe_words import recipe_rows

# Three rows of a wide page; all of them are in the API.
SHOWN = 33
DESCRIPTION = N_("Training loss of both by epoch. %(first)s ends at %(first_loss)s, %(second)s at %(second_loss)s.")
LOSS_AXIS = N_("training loss, log scale")


@dataclass(frozen=True)
class Gallery:
    """Digits that only one of the two reads right; the first few are shown."""

    shown: Sequence[Disagreement]
    sheet: Sheet
    total: int


@dataclass(frozen=True)
class DigitLine:
    """One digit with the mistakes of both, and both as dots on an axis that all digits share."""

    digit: int
    first_wrong: int
    second_wrong: int
    fewer_wrong: int
    line: Markup


@dataclass(frozen=True)
class CompareView:
    """What the page shows of a comparison."""

    comparison: Comparison
    page: Page

    @property
    def sides(self) -> tuple[Side, Side]:
        """Both, in order."""
        return self.comparison.first, self.comparison.second

    @property
    def verdict(self) -> Sentence:
        """The finding, first of all."""
        return pair_words.verdict(self.comparison)

    @property
    def remarks(self) -> list[Sentence]:
        """What must be known of several seeds."""
        return pair_words.remarks(self.comparison)

    @property
    def numbers(self) -> dict[str, str]:
        """The difference, its interval and the p-value as they are written."""
        return pair_words.numbers(self.comparison.pair)

    @cached_property
    def changes(self) -> list[ChangeRow]:
        """The settings that differ."""
        first, second = self.sides
        return change_rows(self.comparison.changes, first.submission, second.submission)

    @cached_property
    def same(self) -> list[tuple[str, str]]:
        """The settings that do not."""
        first, second = self.sides
        known, _ = comparable_recipes(first.submission, second.submission)
        differing = {row.label for row in self.changes}
        return [row for row in recipe_rows(known) if row[0] not in differing]

    def model_title(self, side: Side) -> str:
        """What its network is called."""
        return network_title(side.submission, side.result)

    @cached_property
    def only_first(self) -> Gallery:
        """Digits that only the first reads right."""
        return _gallery(self.comparison.only_first)

    @cached_property
    def only_second(self) -> Gallery:
        """Digits that only the second reads right."""
        return _gallery(self.comparison.only_second)

    @cached_property
    def bar(self) -> list[tuple[str, str]]:
        """The images that not both read right, as widths in per cent: only first, neither, only second."""
        pair = self.comparison.pair
        counts = {"a": pair.only_first, "n": pair.neither, "b": pair.only_second}
        total = sum(counts.values())
        return [(name, short(100 * count / total)) for name, count in counts.items()] if total else []

    @cached_property
    def digits(self) -> list[DigitLine]:
        """Mistakes by digit, as dots of both."""
        rows = self.comparison.digits
        scale = Scale(0, max(1, *(max(row.first_wrong, row.second_wrong) for row in rows)))
        return [
            DigitLine(
                row.digit,
                row.first_wrong,
                row.second_wrong,
                row.fewer_wrong,
                _dots(scale, row.first_wrong, row.second_wrong),
            )
            for row in rows
        ]

    @cached_property
    def chart(self) -> Markup | None:
        """Both training losses; None where one was not trained here."""
        first, second = self.sides
        curves = [result_view.curve(side.result) for side in self.sides if side.submission.kind == "train"]
        if len(curves) < 2 or not all(curve.points for curve in curves):
            return None
        ends = [f"{curve.points[-1][1]:.3f}" for curve in curves]
        names = {"first": f"#{first.number}", "second": f"#{second.number}"}
        values = names | {"first_loss": ends[0], "second_loss": ends[1]}
        words = Words(self.page.say(Sentence(DESCRIPTION, values)), self.page.say(LOSS_AXIS))
        return two_losses(curves[0], curves[1], words)


def _gallery(found: Sequence[Disagreement]) -> Gallery:
    shown = found[:SHOWN]
    return Gallery(shown, sheet([each.index for each in shown]), len(found))


def _dots(scale: Scale, first: int, second: int) -> Markup:
    body = rule(0, "grid") + rule(100, "grid")
    return svg(body + dot(scale(second), 50, "two") + dot(scale(first), 50, "one"), "forest")
