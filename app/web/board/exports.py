"""The board as a file: CSV for spreadsheets, Markdown to paste into an issue. Both under the filters of the page."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from app.core.board import Entry, Placed
from app.web.board.columns import board_recipe, is_trained_here
from app.web.formats import interval_text, percent, rounded

# Without it Excel takes UTF-8 for the system's own encoding, and Chinese names are lost.
BYTE_ORDER_MARK = "\ufeff"
# A cell that begins with one of these is a formula to a spreadsheet, whoever typed it in.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
RECIPE_NAMES = ("optimizer", "learning_rate", "momentum", "weight_decay", "batch_size", "epochs", "augmentation")
ENTRY_NAMES = (
    "test_loss",
    "ece",
    "robust_accuracy",
    "parameters",
    "flops",
    "size_bytes",
    "latency_one_ms",
    "latency_thousand_ms",
    "train_seconds",
    "claimed_accuracy",
)
PLACE_NAMES = ("rank", "rank_best", "rank_worst")
MEASURED_NAMES = ("accuracy", "accuracy_low", "accuracy_high", "correct", "wrong", "total", "seeds")
WHO_NAMES = ("number", "title", "student", "handle", "tier", "is_baseline", "model")
TIME_NAMES = ("submitted", "measured", "url", "is_late")
CSV_NAMES = (*PLACE_NAMES, *WHO_NAMES, *MEASURED_NAMES, *ENTRY_NAMES, *RECIPE_NAMES, *TIME_NAMES)
# What GitHub's Markdown would take for a mark, a table's wall, a mention of somebody or a link to an issue.
MARKDOWN_MARKS = {ord(mark): f"\\{mark}" for mark in "\\`*_[]|~"}
MARKDOWN_MARKS |= {ord("<"): "&lt;", ord(">"): "&gt;", ord("&"): "&amp;", ord("@"): "&#64;", ord("#"): "&#35;"}
MARKDOWN_HEADS = ("Rank", "Model", "Student", "Accuracy", "Wrong", "Parameters", "Recipe")


def as_csv(rows: Iterable[Placed], base_url: str) -> str:
    """One line for each row; the names in the first line stay as they are, whatever the reader's language."""
    return csv_text(CSV_NAMES, (_cells(row, base_url) for row in rows))


def csv_text(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table that every spreadsheet reads, and computes nothing in."""
    text = io.StringIO()
    text.write(BYTE_ORDER_MARK)
    writer = csv.writer(text)
    writer.writerow(names)
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    return text.getvalue()


def _cells(row: Placed, base_url: str) -> list[Any]:
    entry, place = row.entry, row.place
    cells: list[Any] = [place.rank, place.best, place.worst]
    cells += [entry.number, entry.title, entry.name, entry.handle, entry.tier, entry.is_baseline, entry.model_title]
    cells += [entry.accuracy, place.low, place.high]
    cells += [_short(entry.correct), _short(entry.wrong), entry.total, " ".join(map(str, entry.seeds))]
    cells += [getattr(entry, name) for name in ENTRY_NAMES]
    # Empty as everything that is not known: a dash would make text of a column of numbers.
    cells += [entry.recipe.get(name) if is_trained_here(entry) else None for name in RECIPE_NAMES]
    cells += [entry.submitted.isoformat(), entry.created.isoformat(), _url(entry, base_url), entry.is_late]
    return cells


def _short(number: float) -> str:
    return f"{number:g}" if number.is_integer() else str(number)


def _url(entry: Entry, base_url: str) -> str:
    return f"{base_url.rstrip('/')}/s/{entry.number}"


def safe_cell(value: Any) -> Any:
    """A cell that no spreadsheet computes. OWASP, CSV injection: a quote before it makes it text."""
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def as_markdown(rows: Sequence[Placed], base_url: str) -> str:
    """The table that one would paste into the thread that this site replaces."""
    lines = [_markdown_row(MARKDOWN_HEADS), _markdown_row(("---:", "---", "---", "---:", "---:", "---:", "---"))]
    return "\n".join(lines + [_markdown_row(_markdown_cells(row, base_url)) for row in rows]) + "\n"


def _markdown_row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _markdown_cells(row: Placed, base_url: str) -> list[str]:
    entry, place = row.entry, row.place
    return [
        _markdown_rank(row),
        f"[{_plain(entry.title)}]({_url(entry, base_url)})",
        _plain(entry.name),
        # The interval itself: it is lopsided, so that a ± would promise more than 100 %.
        f"{percent(entry.accuracy)} % ({interval_text(place.low, place.high)})",
        f"{entry.wrong:,.1f}".removesuffix(".0"),
        rounded(entry.parameters),
        _plain(" ".join(board_recipe(entry))),
    ]


def _markdown_rank(row: Placed) -> str:
    place = row.place
    if place.rank is None:
        return "late" if row.entry.is_late else "baseline"
    return f"{place.rank} ({place.best}–{place.worst})" if place.best != place.worst else str(place.rank)


def _plain(text: str) -> str:
    """Text of a user as text and nothing else, on one line."""
    return " ".join(text.split()).translate(MARKDOWN_MARKS)
