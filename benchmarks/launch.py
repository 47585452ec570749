"""How long a student waits for the first line of a run: cold and from the zygote, at each level of isolation.

Usage: python -m benchmarks.launch [ROUNDS]. Prints medians of one run, and the cold start as a multiple of the warm.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.cells import make_cell, make_data
from worker.sandbox.cell import Cell
from worker.sandbox.isolation import Isolation
from worker.sandbox.launch import launched
from worker.sandbox.starters import ColdStarter, Starter, WarmStarter

LEVELS = (Isolation.NAMESPACES, Isolation.LANDLOCK, Isolation.LIMITS)
ROUNDS = 15


async def first_line_s(cell: Cell, starter: Starter) -> float:
    """Seconds from the order to the first line of the child."""
    began = time.monotonic()
    async with launched(cell, starter) as child:
        await child.progress.readline()
        return time.monotonic() - began


def measure(rounds: int, make_cell: Callable[[Isolation], Cell], starters: dict[str, Starter]) -> dict[str, float]:
    """Medians in seconds; the rounds take turns, so that whatever else the machine does falls on all alike."""
    taken: dict[str, list[float]] = {}
    for _ in range(rounds):
        for level in LEVELS:
            for name, starter in starters.items():
                taken.setdefault(f"{level} {name}", []).append(asyncio.run(first_line_s(make_cell(level), starter)))
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def main() -> None:
    """See the module."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    warm = WarmStarter(runs_of_a_zygote=10_000)
    began = time.monotonic()
    warm.warm_up()
    print(f"zygote warm after {time.monotonic() - began:.2f} s")
    starters: dict[str, Starter] = {"cold": ColdStarter(), "warm": warm}
    with tempfile.TemporaryDirectory() as name:
        data = Path(name, "data")
        make_data(data)
        Path(name).chmod(0o755)
        medians = measure(rounds, lambda level: make_cell(Path(tempfile.mkdtemp(dir=name)), data, level), starters)
    for starter in starters.values():
        starter.close()
    for level in LEVELS:
        cold, quick = medians[f"{level} cold"], medians[f"{level} warm"]
        print(f"{level:12} cold {cold * 1000:6.0f} ms   warm {quick * 1000:5.0f} ms   {cold / quick:5.1f} times")


if __name__ == "__main__":
    main()
