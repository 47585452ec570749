"""Runs cells, and keeps what their children say."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from worker.sandbox.cell import Cell
from worker.sandbox.launch import Exit, launched
from worker.sandbox.starters import Starter


@dataclass(frozen=True)
class Heard:
    """What a child said and how it ended."""

    lines: list[dict[str, Any]]
    output: str
    exit: Exit | None

    @property
    def kinds(self) -> list[str]:
        """The kinds of its lines."""
        return [line["kind"] for line in self.lines]


def run_cell(cell: Cell, starter: Starter) -> Heard:
    """Run a cell to its end."""
    return asyncio.run(_run(cell, starter))


async def _run(cell: Cell, starter: Starter) -> Heard:
    async with launched(cell, starter) as child:
        first = await child.progress.readline()
        rest, output, _ = await asyncio.gather(child.progress.read(), child.output.read(), child.frames.read())
        ended = await child.wait()
    lines = [json.loads(line) for line in (first + rest).splitlines()]
    return Heard(lines, output.decode("utf-8", "replace"), ended)
