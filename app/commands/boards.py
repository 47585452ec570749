"""`board` and `show`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.output import grid, percent
from app.commands.reports import submission_report
from app.commands.service import Service, service_command
from app.commands.watching import Number

if TYPE_CHECKING:
    from app.client import Board, BoardRow

# As app/core/tracks.py has them, which knows the database; a test compares them.
TRACKS = ("all", "3ep", "10k", "100k", "mlp", "retrained")
ROWS_MAXIMUM = 200
HEADS = [
    ("Rank", True),
    ("#", True),
    ("Model", False),
    ("Student", False),
    ("Accuracy", True),
    ("Wrong", True),
    ("Params", True),
    ("Recipe", False),
]


def _begun_tracks(incomplete: str) -> list[str]:
    return [track for track in TRACKS if track.startswith(incomplete)]


@service_command
def board(
    service: Service,
    track: Annotated[
        str, typer.Option(help=f"Who competes: {', '.join(TRACKS)}.", autocompletion=_begun_tracks)
    ] = "all",
    every: Annotated[bool, typer.Option("--every", help="All results, not each student's best.")] = False,
    search: Annotated[str, typer.Option(help="Words in title, student, model or notes.", show_default=False)] = "",
    optimizer: Annotated[str, typer.Option(help="Only this optimizer.", show_default=False)] = "",
    by: Annotated[str, typer.Option(help="Only of the student with this handle.", show_default=False)] = "",
    since: Annotated[str, typer.Option(help="Only measured on this day or later: 2026-11-23", show_default=False)] = "",
    sort: Annotated[str, typer.Option(help="rank, acc, params, time …; with - from high to low.")] = "rank",
    limit: Annotated[int, typer.Option(help="Rows.", min=1, max=ROWS_MAXIMUM)] = 20,
) -> None:
    """Show the leaderboard."""
    asked = {"track": track, "q": search, "opt": optimizer, "by": by, "since": since, "sort": sort}
    with service.client() as client:
        found = client.board(limit, best=0 if every else 1, **{name: value for name, value in asked.items() if value})
    service.tell(found, grid(HEADS, [_cells(row) for row in found.rows]), _footer(found))


def _cells(row: "BoardRow") -> list[str]:
    return [
        "–" if row.rank is None else f"{row.rank} ({row.rank_best}–{row.rank_worst})",
        str(row.number),
        row.title,
        row.author.name,
        f"{percent(row.accuracy)} ± {(row.interval.high - row.interval.low) * 50:.2f}",
        f"{row.wrong:,.1f}".removesuffix(".0"),
        f"{row.parameters:,}",
        _recipe(row.recipe),
    ]


def _recipe(recipe: dict[str, Any]) -> str:
    rate, epochs = recipe.get("learning_rate"), recipe.get("epochs")
    parts = [recipe.get("optimizer"), f"lr {rate}" if rate else "", f"{epochs} ep" if epochs else ""]
    return " ".join(str(part) for part in parts if part)


def _footer(found: "Board") -> str:
    text = f"{len(found.rows)} of {found.matching}"
    if found.matching != found.entries:
        text += f", chosen from {found.entries}"
    return text + ("" if found.dataset == "mnist" else f" · {found.dataset}: digits drawn here, not MNIST")


@service_command
def show(service: Service, number: Number) -> None:
    """Show one submission: its recipe, its state, its result."""
    with service.client() as client:
        found = client.submission(number)
        service.tell(found, *submission_report(found, client.host))
