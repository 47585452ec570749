"""A warden in an interpreter of its own: the slow and simple way to start a run.

Usage: python -I -m worker.sandbox.enter PARENT_PID LIFE STATUS PROGRESS FRAMES OUTPUT, with the cell on standard input.
"""

import sys

from worker.sandbox.cell import Cell
from worker.sandbox.pipes import Ends
from worker.sandbox.warden import guard


def main() -> None:
    """See the module."""
    parent_pid, *ends = (int(argument) for argument in sys.argv[1:])
    guard(Cell.from_json(sys.stdin.buffer.read()), Ends(*ends), parent_pid)


if __name__ == "__main__":
    main()
