"""`comment`: threads read and written."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.output import moment, sentence
from app.commands.service import Service, service_command

if TYPE_CHECKING:
    from app.client import Comment

BOARD = "board"
STANDARD_INPUT = "-"


@service_command
def comment(
    service: Service,
    thread: Annotated[str, typer.Argument(help=f"Number of a submission, or “{BOARD}” for that of the whole board.")],
    text: Annotated[
        str | None,
        typer.Argument(help="What to say, in Markdown; - reads standard input. Without it: shows the thread."),
    ] = None,
) -> None:
    """Show what is said of a submission, or say something."""
    number = _number(thread)
    with service.client() as client:
        if text is None:
            found = list(client.comments(number))
            service.tell([each.model_dump(mode="json") for each in found], *_lines(found))
            return
        said = client.add_comment(number, sys.stdin.read() if text == STANDARD_INPUT else text)
        service.tell(said, f"Said: {client.host}{said.path}")


def _number(thread: str) -> int | None:
    if thread == BOARD:
        return None
    if not (thread.isascii() and thread.isdecimal() and int(thread)):
        raise typer.BadParameter(f"“{thread}” is no thread. Give the number of a submission, or the word {BOARD}.")
    return int(thread)


def _lines(found: "list[Comment]") -> Iterator[str]:
    if not found:
        yield "Nothing has been said yet."
    for each in found:
        helpful = f" · helpful {each.helpful}" if each.helpful else ""
        yield f"{each.name} (@{each.author}), {moment(each.created)}{helpful}"
        yield f"{sentence(each.text) if each.text is not None else '(removed)'}\n"
