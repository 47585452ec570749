"""What zygote and wardens do about signals: none is for them, and the end of a child wakes them."""

import os
import signal


def leave_stopping_to_the_worker() -> None:
    """Ignore what stops processes, here and in what is forked from here.

    Whoever stops a whole group, as systemd and a terminal do, means the worker; when it goes, we see it.
    """
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def wake_for_children() -> tuple[int, int]:
    """A pipe, as its two ends, that can be read from whenever a child of this process has ended."""
    wake, wake_end = os.pipe()
    os.set_blocking(wake_end, False)
    signal.set_wakeup_fd(wake_end)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return wake, wake_end
