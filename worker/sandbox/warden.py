"""The process between the worker and a child: forks it, watches its memory, and ends with it.

It holds no secret and runs nothing of a student's. The child dies with its warden, and the warden when its worker dies
or lets go of it: nothing of a run stays behind, whoever is killed.
"""

import contextlib
import json
import os
import select
import signal
import sys
import traceback
from typing import Any, NoReturn

from worker.sandbox import kernel
from worker.sandbox.cell import Cell
from worker.sandbox.confinement import Confinement
from worker.sandbox.inside import be_child
from worker.sandbox.limits import Limits
from worker.sandbox.pipes import READY, Ends, keep_only
from worker.sandbox.signals import leave_stopping_to_the_worker, wake_for_children
from worker.sandbox.usage import resident_bytes, threads_of

TICK_S = 0.1
# Why the warden killed its child, as its last words name it.
FOR_MEMORY, FOR_THREADS, FOR_WORKER = "memory", "threads", "worker"
IS_LINUX = sys.platform == "linux"


def guard(cell: Cell, ends: Ends, parent_pid: int) -> NoReturn:
    """Be the warden of one run; never returns."""
    try:
        last_words = _guard(cell, ends, parent_pid)
    except BaseException:  # noqa: BLE001 - the worker must hear of it, whatever it was, and this process ends here
        last_words = {"failed": traceback.format_exc()}
    _say(ends, last_words)
    os._exit(0)


def _say(ends: Ends, message: dict[str, Any]) -> None:
    with contextlib.suppress(BrokenPipeError):  # the worker has gone meanwhile
        os.write(ends.status, json.dumps(message).encode() + b"\n")


def _guard(cell: Cell, ends: Ends, parent_pid: int) -> dict[str, Any]:
    if IS_LINUX:
        kernel.die_with_parent()
    if os.getppid() != parent_pid:
        return {"failed": "the worker died before this run began"}
    leave_stopping_to_the_worker()
    keep_only(ends)
    _say(ends, {"warden": os.getpid()})
    watch = _Watch(ends.life, cell.limits)
    ready, ready_end = os.pipe()
    alive, alive_end = os.pipe()
    confinement = Confinement(cell)
    confinement.prepare_fork()
    child = os.fork()
    if child == 0:
        watch.close()
        for fd in (ready, alive_end, ends.life, ends.status):
            os.close(fd)
        be_child(confinement, ends, alive, ready_end)
    for fd in (ready_end, alive, ends.progress, ends.frames, ends.output):
        os.close(fd)
    _stop_writing_output()
    if failure := _failure_of_setup(ready, ends.life, child):
        os.waitpid(child, 0)
        return {"failed": failure}
    _say(ends, {"ready": True})
    return watch.until_the_end_of(child)


def _stop_writing_output() -> None:
    """The worker reads the end of the child's output when the child has ended, not when the warden has."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    os.close(nothing)


def _failure_of_setup(ready: int, life: int, child: int) -> str | None:
    """What went wrong before the child was locked in; None if it is."""
    said = b""
    while True:
        told, _, _ = select.select([ready, life], [], [])
        if life in told:
            os.kill(child, signal.SIGKILL)
            return "the worker let go before the child was locked in"
        part = os.read(ready, 1 << 16)
        if not part:
            break
        said += part
    os.close(ready)
    return None if said == READY else said.decode("utf-8", "replace") or "the child died while it was locked in"


class _Watch:
    """Waits for the child's end, the worker's word, and too much of what no resource limit of the kernel bounds."""

    def __init__(self, life: int, limits: Limits) -> None:
        self._life, self._limits = life, limits
        # Held open: the child's new namespaces take /proc away from the processes that set them up.
        self._proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY) if IS_LINUX else None
        self._wake, self._wake_end = wake_for_children()
        self._killed_for: str | None = None

    def close(self) -> None:
        """For the child, which is not to hear of itself."""
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        for fd in (self._wake, self._wake_end, *([] if self._proc is None else [self._proc])):
            os.close(fd)

    def until_the_end_of(self, child: int) -> dict[str, Any]:
        """Watch until the child has ended; returns the last words for the worker."""
        poller = select.poll()
        poller.register(self._life, select.POLLIN | select.POLLHUP)
        poller.register(self._wake, select.POLLIN)
        while True:
            ended, status, usage = os.wait4(child, os.WNOHANG)
            if ended:
                code, cpu_s = os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime
                return {"exit": code, "cpu_s": cpu_s, "killed_for": self._killed_for}
            told = {fd for fd, _ in poller.poll(TICK_S * 1000)}
            if self._wake in told:
                os.read(self._wake, 1024)
            if self._life in told:
                poller.unregister(self._life)
                self._kill(child, FOR_WORKER)
            elif excess := self._excess(child):
                self._kill(child, excess)

    def _excess(self, child: int) -> str | None:
        """What the child has too much of. Its memory counts with what is shared, its threads also where others of the
        same user would be counted with them.
        """
        if self._proc is None:
            return None
        if resident_bytes(self._proc, child) > self._limits.memory_bytes:
            return FOR_MEMORY
        return FOR_THREADS if threads_of(self._proc, child) > self._limits.threads else None

    def _kill(self, child: int, why: str) -> None:
        """Kill it, and its group, which can have other members only where there is no sandbox."""
        self._killed_for = self._killed_for or why
        os.kill(child, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)
