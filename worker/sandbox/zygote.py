"""A clean process that has imported torch once and forks a warden for each run, already warm.

It is started by the worker, holds nothing of it (no database, no labels, no secret, no file but its own) and never runs
a job itself. Rules: SANDBOX.md, section 3. It has one thread, does no tensor operation and touches no GPU before it
forks; its objects are frozen out of the garbage collector, so that a fork shares their pages.

Usage: python -I -m worker.sandbox.zygote CONTROL_FD
"""

import contextlib
import gc
import os
import select
import socket
import sys
from pathlib import Path
from typing import NoReturn

from worker.sandbox.cell import Cell
from worker.sandbox.pipes import Ends
from worker.sandbox.signals import leave_stopping_to_the_worker, wake_for_children
from worker.sandbox.warden import guard

# The control socket keeps messages apart; one holds a cell and its five pipes.
MESSAGE_LIMIT_BYTES = 256 << 10
HELLO = b"warm"
RETIRE = b"retire"
PIPES = 5


def main() -> None:
    """Fork wardens until the worker closes the control socket, or sends us into retirement and the last has ended."""
    control = socket.socket(fileno=int(sys.argv[1]))
    _warm_up()
    control.send(HELLO)
    _Zygote(control).serve()


def _warm_up() -> None:
    from worker.child.preloading import preload  # the point of this process: torch and all that a run may need

    preload()
    threads = sum(1 for _ in Path("/proc/self/task").iterdir())
    if threads != 1:
        raise SystemExit(f"{threads} threads after the imports: forks of this process could not be locked in")
    gc.collect()
    gc.freeze()


class _Zygote:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._wardens: set[int] = set()
        self._is_retired = False
        self._wake, _ = wake_for_children()
        leave_stopping_to_the_worker()

    def serve(self) -> None:
        """See `main`."""
        while self._wardens or not self._is_retired:
            ready, _, _ = select.select([self._control.fileno(), self._wake], [], [])
            if self._wake in ready:
                os.read(self._wake, 1024)
                self._reap()
            if self._control.fileno() in ready and not self._take_message():
                return

    def _take_message(self) -> bool:
        """False when the worker is gone: our wardens end with us."""
        message, fds, _, _ = socket.recv_fds(self._control, MESSAGE_LIMIT_BYTES, PIPES)
        if not message:
            return False
        if message == RETIRE:
            self._is_retired = True
            return True
        self._fork(message, fds)
        return True

    def _fork(self, message: bytes, fds: list[int]) -> None:
        own_pid = os.getpid()
        try:
            warden = os.fork()
            if warden == 0:
                _be_warden(message, fds, own_pid)
            self._wardens.add(warden)
        except OSError as error:  # the worker sees that this run has no warden; the others go on
            print(f"the zygote cannot fork: {error}", file=sys.stderr, flush=True)
        finally:
            for fd in fds:
                os.close(fd)

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG)[0]) != 0:
                self._wardens.discard(ended)


def _be_warden(message: bytes, fds: list[int], zygote_pid: int) -> NoReturn:
    try:
        guard(Cell.from_json(message), Ends(*fds), zygote_pid)
    finally:  # never back into the zygote's loop
        os._exit(1)


if __name__ == "__main__":
    main()
