"""Cells with a quick job of the zoo on a few drawn digits: for measuring and testing the sandbox itself."""

from pathlib import Path
from typing import Any

from benchmarks.child_process import make_job
from worker.dataset import open_to_children, save_for_child
from worker.practice import draw_practice_set
from worker.sandbox.cell import Cell
from worker.sandbox.isolation import Isolation
from worker.sandbox.limits import Limits

MEMORY_BYTES = 2 << 30


def make_data(folder: Path) -> Path:
    """A data folder as the child reads it."""
    save_for_child(draw_practice_set(320, 100), folder)
    open_to_children(folder)
    return folder


def make_cell(folder: Path, data: Path, isolation: Isolation, limits: Limits | None = None, **job: Any) -> Cell:
    """A cell in an empty folder, with one epoch of softmax regression on one thread unless told otherwise."""
    (folder / "scratch").mkdir(parents=True)
    quick = make_job(data, "softmax_regression", epochs=1) | {"threads": 1}
    limits = limits or Limits(MEMORY_BYTES, cpu_time_s=60)
    return Cell(isolation, limits, str(folder), str(folder / "scratch"), (str(data),), quick | job)
