"""A bar while files are sent, where somebody looks at it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from app.commands.output import errors

if TYPE_CHECKING:
    from app.client.sending import OnSent


@contextmanager
def upload_bar() -> "Iterator[OnSent]":
    """What to tell how much was sent; the bar goes when all of it is."""
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=errors,
        disable=not errors.is_terminal,
        transient=True,
    )
    task = progress.add_task("sending", visible=False)

    def on_sent(sent: int, total: int) -> None:
        said = "sending" if sent < total else "waiting for the answer"
        progress.update(task, description=said, completed=sent, total=total, visible=True)

    with progress:
        yield on_sent
