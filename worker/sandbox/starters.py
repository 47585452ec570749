"""How a warden is started: in a fresh interpreter, or forked from a warm one. Both give the same sandbox."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
from dataclasses import astuple
from typing import Protocol

import structlog

from worker.sandbox.cell import Cell, environment
from worker.sandbox.pipes import Ends
from worker.sandbox.zygote import HELLO, RETIRE

log = structlog.get_logger()

# All forks of one zygote share the addresses at which it has loaded its code: a new one draws new addresses.
RUNS_OF_A_ZYGOTE = 200
# torch takes 2.5 s to import on an idle machine and ten times that on one that is busy with tests.
WARM_UP_LIMIT_S = 120
# Its socket holds some hundred orders; when that is full, the zygote hangs.
ANSWER_LIMIT_S = 5


class Starter(Protocol):
    """Starts wardens."""

    def start(self, cell: Cell, ends: Ends) -> None:
        """Start a warden that has these ends of the pipes; ours stay open."""

    def give_up(self) -> None:
        """A warden that was to be started never spoke: start the next ones in another way."""

    def close(self) -> None:
        """Leave no process behind."""


class ColdStarter:
    """A fresh interpreter for each run. torch takes it 2.5 s, but nothing has to be kept."""

    def __init__(self) -> None:
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self, cell: Cell, ends: Ends) -> None:
        """See Starter."""
        fds = astuple(ends)
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-I", "-m", "worker.sandbox.enter", str(os.getpid()), *map(str, fds)],
            stdin=subprocess.PIPE,
            stdout=ends.output,
            stderr=ends.output,
            cwd="/",
            env=environment(cell.scratch, int(cell.job["threads"])),
            pass_fds=fds,
            start_new_session=True,
        )
        self._started = [earlier for earlier in self._started if earlier.poll() is None] + [process]
        # A warden that died at once has closed its end; its status pipe tells.
        with contextlib.suppress(BrokenPipeError), process.stdin or contextlib.nullcontext() as pipe:
            if pipe is not None:
                pipe.write(cell.as_json())

    def give_up(self) -> None:
        """See Starter. Each run has a fresh interpreter anyway."""

    def close(self) -> None:
        """See Starter. A warden ends by itself when its worker has let go of it."""
        for process in self._started:
            process.wait()
        self._started = []


class WarmStarter:
    """A zygote, replaced by a new one after some runs or when it has died; runs start cold meanwhile."""

    def __init__(self, runs_of_a_zygote: int = RUNS_OF_A_ZYGOTE) -> None:
        self._cold = ColdStarter()
        self._limit = runs_of_a_zygote
        self._lock = threading.Lock()
        self._zygote: ZygoteProcess | None = None
        self._is_warming = False
        self._is_closed = False
        # Those that have runs left, or do not answer: ended by us only at the very end, for their runs end with them.
        self._retired: list[ZygoteProcess] = []

    @property
    def cold(self) -> ColdStarter:
        """How runs start while there is no zygote."""
        return self._cold

    @property
    def zygote_pid(self) -> int | None:
        """The process id of the zygote that the next run is forked from; None if it would start cold."""
        zygote = self._zygote
        return None if zygote is None else zygote.pid

    def warm_up(self) -> None:
        """Start a zygote and wait until it is warm. Raises OSError if it dies of it or takes too long."""
        zygote = ZygoteProcess()
        with self._lock:
            if self._is_closed:
                zygote.close()
                return
            self._retire()
            self._zygote = zygote

    def start(self, cell: Cell, ends: Ends) -> None:
        """See Starter."""
        with self._lock:
            if (self._zygote is None or self._zygote.forks >= self._limit) and not self._is_warming:
                self._is_warming = True
                threading.Thread(target=self._replace, name="zygote", daemon=True).start()
            if self._zygote is not None:
                try:
                    self._zygote.fork(cell, ends)
                except OSError as error:
                    log.warning("the zygote does not answer; runs start cold meanwhile", error=str(error))
                    self._retire()
                else:
                    return
        self._cold.start(cell, ends)

    def give_up(self) -> None:
        """See Starter. The zygote keeps its runs; the next ones start cold until there is a new one."""
        with self._lock:
            self._retire()

    def _retire(self) -> None:
        self._retired = [earlier for earlier in self._retired if not earlier.has_ended()]
        if self._zygote is not None:
            self._zygote.retire()
            self._retired.append(self._zygote)
            self._zygote = None

    def _replace(self) -> None:
        try:
            self.warm_up()
        except OSError as error:
            log.warning("no new zygote; runs start cold", error=str(error))
        finally:
            self._is_warming = False

    def close(self) -> None:
        """See Starter. All runs that a zygote has started end with it."""
        self._cold.close()
        with self._lock:
            self._is_closed = True
            self._retire()
            for zygote in self._retired:
                zygote.close()
            self._retired = []


class ZygoteProcess:
    """One zygote and our end of its control socket."""

    def __init__(self) -> None:
        self.forks = 0
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._control = ours
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-I", "-m", "worker.sandbox.zygote", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                cwd="/",
                env=environment("/nonexistent", threads=1),
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._control.settimeout(WARM_UP_LIMIT_S)
        try:
            if self._control.recv(len(HELLO)) != HELLO:
                raise OSError(f"the zygote ended with status {self._process.wait()} before it was warm")
        except OSError:
            self.close()
            raise
        self._control.settimeout(ANSWER_LIMIT_S)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def fork(self, cell: Cell, ends: Ends) -> None:
        """Have it fork a warden. Raises OSError if it is gone."""
        socket.send_fds(self._control, [cell.as_json()], list(astuple(ends)))
        self.forks += 1

    def retire(self) -> None:
        """Let it end when its last run has."""
        with contextlib.suppress(OSError):
            self._control.send(RETIRE)

    def has_ended(self) -> bool:
        """Whether it is gone, reaped if it is."""
        if self._process.poll() is None:
            return False
        self._control.close()
        return True

    def close(self) -> None:
        """End it and everything that it has forked."""
        self._control.close()
        self._process.kill()
        self._process.wait()
