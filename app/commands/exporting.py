"""`export`: the board into a file, from the database; the web need not run."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import typer

from app.commands.output import errors, print_json, remember_json

Format = Literal["csv", "json", "md"]
JsonAnswer = Annotated[
    bool,
    typer.Option(
        "--json", help="Say as JSON what was written; not with -, which --format says.", callback=remember_json
    ),
]
SUFFIXES: dict[str, Format] = {".csv": "csv", ".json": "json", ".md": "md", ".markdown": "md"}


def export(
    file: Annotated[Path, typer.Argument(help="Where to; - is standard output.", allow_dash=True, dir_okay=False)],
    kind: Annotated[Format | None, typer.Option("--format", help="Else what the file's name says.")] = None,
    track: Annotated[str, typer.Option(help="Who competes, e.g. 3ep.")] = "all",
    every: Annotated[bool, typer.Option("--every", help="All results, not each student's best.")] = False,
    url: Annotated[str, typer.Option(help="Address of the service in links; else where it listens.")] = "",
    json: JsonAnswer = False,
) -> None:
    """Write the board as CSV, JSON or Markdown."""
    chosen = kind or SUFFIXES.get(file.suffix.lower())
    if chosen is None:
        raise typer.BadParameter(f"“{file}” does not say of what kind it is. Name it .csv, .json or .md.")
    text = _written(chosen, track, every, url)
    if str(file) == "-":
        typer.echo(text, nl=False)
        return
    file.write_text(text, "utf-8", newline="")
    if json:
        print_json({"file": str(file), "format": chosen, "size_bytes": file.stat().st_size})
    else:
        errors.print(f"Wrote {file}.", markup=False)


def _written(kind: Format, track: str, every: bool, url: str) -> str:
    from app.commands.running import address
    from app.core.board import find_board
    from app.core.database import session_scope
    from app.core.settings import get_settings
    from app.web.board.exports import as_csv, as_markdown
    from app.web.board.query import read_query
    from app.web.pages.exports import board_json

    asked = read_query({"track": [track], "best": ["0" if every else "1"]})
    if asked.refused:
        raise typer.BadParameter(" ".join(str(sentence) for sentence in asked.refused.values()))
    with session_scope() as session:
        board = find_board(session, get_settings().dataset)
    rows = asked.query.select(board.ranking(asked.query.track, asked.query.best))
    base = url or address()
    writers: dict[Format, Callable[[], str]] = {
        "csv": lambda: as_csv(rows, base),
        "md": lambda: as_markdown(rows, base),
        "json": lambda: board_json(board, asked.query, rows),
    }
    return writers[kind]()
