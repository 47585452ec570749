"""The pipes between worker, warden and child."""

import os
import resource
from dataclasses import astuple, dataclass

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
    first = 3
    for kept in sorted(astuple(ends)):
        os.closerange(first, kept)
        first = kept + 1
    os.closerange(first, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
