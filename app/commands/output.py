"""What commands print: for people, or one JSON document. Progress and errors go to standard error."""

import json
from datetime import UTC, datetime
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

JSON = "mnist-benchmark.json"
console = Console(soft_wrap=True, highlight=False)
errors = Console(stderr=True, soft_wrap=True, highlight=False)


def remember_json(context: typer.Context, value: bool) -> bool:
    """Keep for whoever prints an error that JSON is wanted."""
    context.meta[JSON] = value
    return value


def is_json(context: typer.Context) -> bool:
    """Whether this command was asked for JSON."""
    return bool(context.meta.get(JSON))


def print_json(value: Any, to: Console = console) -> None:
    """One JSON document, as it is: not folded, not coloured."""
    to.file.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


class Failed(Exception):
    """What was asked cannot be done; its text is a sentence. app/commands/registry.py prints it, and ends with 1."""


def fail(sentence: str) -> NoReturn:
    """End the command with a sentence on standard error, as JSON where that is wanted; exit status 1."""
    raise Failed(sentence)


def printable(text: str) -> str:
    """Without what would command the terminal: titles and messages come from anybody."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "�" for letter in text)


def sentence(text: str) -> str:
    """A sentence, which may end in lines of code."""
    return printable(text.rstrip())


def pairs(rows: list[tuple[str, str]]) -> Table:
    """Names and values, one below the other."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name, _plain(value))
    return table


def grid(heads: list[tuple[str, bool]], rows: list[list[str]]) -> Table:
    """A table; heads with whether their column holds numbers."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, is_number in heads:
        table.add_column(name, justify="right" if is_number else "left", no_wrap=is_number, overflow="fold")
    for row in rows:
        table.add_row(*(_plain(cell) for cell in row))
    return table


def _plain(text: str) -> Text:
    return Text(printable(text))


def moment(at: datetime) -> str:
    """A moment to the minute, in UTC, whatever zone it came in."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def percent(share: float) -> str:
    """0.9838 as 98.38 %."""
    return f"{share * 100:.2f} %"
