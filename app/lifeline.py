"""Ties a supervised process to its supervisor: when that is gone, by whatever death, this one stops too."""

import os
import signal
import threading

STANDARD_INPUT = 0


def follow_supervisor() -> None:
    """Stop this process, in good order, once standard input ends.

    The supervisor holds the other end of it and never writes; the end comes only by its death. Unlike Linux's
    PR_SET_PDEATHSIG this works on macOS too, and whichever thread started us.
    """
    threading.Thread(target=_wait_for_end, name="lifeline", daemon=True).start()


def _wait_for_end() -> None:
    # Not by sys.stdin: a thread that sleeps in its buffer makes Python abort when the process ends by itself.
    while os.read(STANDARD_INPUT, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
