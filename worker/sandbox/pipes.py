"""The pipes between worker, warden and child."""

import contextlib
import os
from dataclasses import astuple, dataclass

# Of this process, on Linux and macOS alike. The limit of open files would be no bound: it can be infinite.
OPEN_FILES = "/dev/fd"
# What the child says to its warden when it is locked in; anything else is the reason why it is not.
READY = b"ready"


@dataclass(frozen=True)
class Ends:
    """The warden's ends, as file descriptors, in the order in which they are handed over.

    `life` is read: its end means that the worker is gone or wants the child gone. `status` is written: JSON lines for
    the worker. The other three are the child's own.
    """

    life: int
    status: int
    progress: int
    frames: int
    output: int


def keep_only(ends: Ends) -> None:
    """Close every other file; standard input becomes empty, standard output and error the child's output."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(ends.output, 1)
    os.dup2(ends.output, 2)
    for name in os.listdir(OPEN_FILES):  # noqa: PTH208 - names, which are numbers
        if int(name) > 2 and int(name) not in astuple(ends):
            with contextlib.suppress(OSError):  # the handle of this very list is closed already
                os.close(int(name))
