"""The command `import-thread`: what was understood as a table, then a question."""

import sys
from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.commands.output import print_json
from app.core.claims import Draft, draft, save
from app.core.database import session_scope
from app.core.rebuilding.plan import plan
from app.core.rebuilding.shapes import Unfit
from app.core.thread.layers import written
from app.core.thread.posts import THREAD_MAXIMUM_BYTES
from app.core.thread.reading import read_thread

CONTROL = dict.fromkeys((*range(32), *range(127, 160)))


def import_file(path: Path, is_sure: bool, console: Console, is_json: bool = False) -> None:
    """Read a thread, show it, and save its claims if that is wanted. As JSON nobody is asked: `is_sure` decides.

    Raises:
        Problem: if it cannot be read as a thread.
        OSError: if it cannot be read at all.
    """
    posts = read_thread(_bytes(path))
    with session_scope() as session:
        drafts = draft(session, posts)
    claims = [each for each in drafts if each.is_claim]
    if is_json:
        print_json({"posts": len(drafts), "claims": len(claims), "saved": _save(claims) if is_sure else 0})
        return
    _show(drafts, console)
    if not claims:
        console.print("There is nothing new to save.")
        return
    # Standard input was the thread: nobody can answer there.
    if not is_sure and (str(path) == "-" or not typer.confirm(f"Save {len(claims)} claims?")):
        console.print("Nothing was saved. --yes saves without asking.")
        return
    console.print(f"Saved {_save(claims)} claims. They are listed at /claims.")


def _save(claims: Sequence[Draft]) -> int:
    with session_scope() as session:
        return len(save(session, claims, None))


def _bytes(path: Path) -> bytes:
    if str(path) == "-":
        return sys.stdin.buffer.read(THREAD_MAXIMUM_BYTES + 1)
    with path.open("rb") as file:
        return file.read(THREAD_MAXIMUM_BYTES + 1)


def _show(drafts: Sequence[Draft], console: Console) -> None:
    table = Table(show_lines=True)
    for name in ("posted", "author", "claimed", "settings", "layers", "what becomes of it"):
        table.add_column(name, overflow="fold")
    for each in drafts:
        table.add_row(*(Text(_printable(cell)) for cell in _row(each)))
    console.print(table)


def _row(each: Draft) -> tuple[str, ...]:
    post, found = each.post, each.understood
    claimed = "–" if found.accuracy is None else f"{found.accuracy * 100:.2f} %"
    settings = ", ".join(f"{name} {value}" for name, value in found.settings.items())
    posted = f"{post.posted:%Y-%m-%d}" if post.posted else "–"
    return posted, post.author or "–", claimed, settings or "–", written(found.layers) or "–", _fate(each)


def _fate(each: Draft) -> str:
    if each.is_known:
        return "imported before"
    if not each.is_claim:
        return "left out: no accuracy was found"
    try:
        plan(each.understood, 1)
    except Unfit as error:
        return f"claim; cannot be run: {error.sentence}"
    return "claim; can be rebuilt and run"


def _printable(text: str) -> str:
    """Without control characters: a post must not steer the terminal."""
    return text.translate(CONTROL)
