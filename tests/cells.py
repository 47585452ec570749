"""Cells for tests of the sandbox itself: jobs of the zoo on a few drawn digits, and what their children say."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.core.recipes import Recipe
from worker.dataset import open_to_children, save_for_child
from worker.practice import draw_practice_set
from worker.sandbox.cell import Cell
from worker.sandbox.isolation import Isolation
from worker.sandbox.launch import Exit, launched
from worker.sandbox.limits import Limits
from worker.sandbox.starters import Starter

MEMORY_BYTES = 2 << 30


def make_data(folder: Path) -> Path:
    """A folder as the child reads it."""
    save_for_child(draw_practice_set(320, 100), folder)
    open_to_children(folder)
    return folder


def make_cell(folder: Path, data: Path, isolation: Isolation, limits: Limits | None = None, **job: Any) -> Cell:
    """A cell in an empty folder, with a quick job unless told otherwise."""
    (folder / "scratch").mkdir(parents=True)
    quick = {
        "kind": "train",
        "model": "softmax_regression",
        "options": {},
        "recipe": Recipe(epochs=1).model_dump(),
        "model_file": None,
        "weights": None,
        "class_name": "",
        "arguments": "",
        "data_dir": str(data),
        "threads": 1,
    }
    limits = limits or Limits(MEMORY_BYTES, cpu_time_s=60)
    return Cell(isolation, limits, str(folder), str(folder / "scratch"), (str(data),), quick | job)


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
