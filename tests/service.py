"""Runs real workers and a real web as processes on a test's own folder, with a data set of a few hundred digits."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from sqlmodel import Session, col, select

from app.core.accounts import NewUser, find_user, sign_up
from app.core.database import get_engine, session_scope
from app.core.jobs import get_jobs
from app.core.outcomes import Outcome
from app.core.runs import Standing, latest_run, standing
from app.core.settings import CHECKOUT
from app.core.submissions import Request, create, find
from app.core.tables import Event, Result, Run
from tests.changed import save_unchanged
from tests.conftest import data_folder
from worker.dataset import save_for_child
from worker.practice import draw_practice_set

TRAIN_IMAGES, TEST_IMAGES = 640, 200
END_LIMIT_S = 90
# Short enough for a test, long enough for two busy cores to beat in time.
# A zygote takes longer to warm up than one run to start cold; tests with many runs, or about the zygote, ask for it.
QUICK = {
    "HEARTBEAT_INTERVAL_S": "0.3",
    "LEASE_S": "4",
    "POLL_INTERVAL_S": "0.1",
    "WORKER_THREADS": "1",
    "WARM_START": "false",
}


def write_tiny_dataset(data_dir: Path, train: int = TRAIN_IMAGES, test: int = TEST_IMAGES) -> None:
    """Put a small drawn set where the worker keeps its prepared copy of MNIST."""
    arrays = draw_practice_set(train, test)
    save_for_child(arrays, data_dir / "child" / "mnist")
    (data_dir / "labels").mkdir()
    np.save(data_dir / "labels" / "mnist.npy", arrays["test-labels"])
    save_unchanged(arrays["test-images"], data_dir / "child" / "mnist", data_dir / "labels" / "mnist.npy")


@dataclass
class Service:
    """Processes of one test; all of them are killed at its end."""

    data_dir: Path
    environment: dict[str, str] = field(default_factory=dict)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def worker(self, **environment: str) -> subprocess.Popen[bytes]:
        """Start a worker."""
        return self._start(["-m", "worker"], environment)

    def web(self, port: int) -> subprocess.Popen[bytes]:
        """Start the web and wait until it answers."""
        process = self._start(["-m", "app.cli", "web"], {"PORT": str(port)})
        wait_until(lambda: answers(port), 30)
        return process

    def _start(self, arguments: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
        with (self.data_dir / f"process-{len(self.processes)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=CHECKOUT,
                env=os.environ | QUICK | self.environment | environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.processes.append(process)
        return process

    def logs(self) -> str:
        """What all processes have printed."""
        return "\n".join(path.read_text("utf-8", "replace") for path in sorted(self.data_dir.glob("process-*.log")))

    def kill(self) -> None:
        """Kill what still runs, frozen or not."""
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait()


@contextmanager
def service(data_dir: Path, **environment: str) -> Iterator[Service]:
    """A service on a folder; its processes are gone when the block ends."""
    running = Service(data_dir, environment)
    try:
        yield running
    finally:
        running.kill()


@contextmanager
def service_of_many(
    factory: pytest.TempPathFactory, database_file: Path, **environment: str
) -> Iterator[tuple[Service, subprocess.Popen[bytes]]]:
    """A service with one warm worker for all tests of a module: starting one takes longer than most runs."""
    place = factory.mktemp("shared") / "data"
    with pytest.MonkeyPatch.context() as patch, data_folder(place, database_file, patch) as folder:
        write_tiny_dataset(folder)
        with service(folder, **environment) as started:
            yield started, started.worker(WARM_START="true")


def answers(port: int) -> bool:
    """Whether a web on this port says that it lives."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=2).is_success
    except httpx.HTTPError:
        return False


def free_port() -> int:
    """A TCP port that nothing uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], Any], timeout_s: float, interval_s: float = 0.1) -> Any:
    """The condition's first true value; AssertionError when it stays false."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(interval_s)
    raise AssertionError(f"not within {timeout_s} s: {condition}")


def queue(handle: str = "zhou", model: str = "softmax_regression", **recipe: Any) -> int:
    """Submit a model of the zoo in the name of a student; returns the submission's number."""
    with session_scope() as session:
        user = find_user(session, handle) or sign_up(session, NewUser(handle, handle.title(), "a password for tests"))
    with session_scope() as session:
        request = Request(model=model, recipe={"epochs": 1, "learning_rate": 0.1} | recipe)
        submission, _ = create(session, get_jobs(), user, request, "mnist")
        assert submission.number is not None
        return submission.number


def run_of(number: int) -> Run:
    """The latest run of a submission."""
    with session_scope() as session:
        return latest_run(session, find(session, number))


def standing_of(number: int) -> Standing:
    """Where the latest run of a submission stands."""
    with session_scope() as session:
        return standing(session, get_jobs(), latest_run(session, find(session, number)))


def ended(number: int) -> Outcome:
    """Wait for the end of a submission's run; its outcome."""
    outcome = wait_until(lambda: standing_of(number).outcome, END_LIMIT_S)
    assert isinstance(outcome, Outcome)
    return outcome


def rows(table: type[Any]) -> list[Any]:
    """All rows of a table."""
    with Session(get_engine(), expire_on_commit=False) as session:
        return list(session.exec(select(table)))


def events_of(number: int) -> list[Event]:
    """The story of the latest run, in order."""
    statement = select(Event).where(Event.run_id == run_of(number).id).order_by(col(Event.seq))
    with Session(get_engine(), expire_on_commit=False) as session:
        return list(session.exec(statement))


def results_of(number: int) -> list[Result]:
    """Results of the latest run: one or none."""
    with Session(get_engine(), expire_on_commit=False) as session:
        return list(session.exec(select(Result).where(Result.run_id == run_of(number).id)))


def children_of(pid: int) -> list[int]:
    """Process ids of the direct children of a process."""
    return [child for child, parent in _parents().items() if parent == pid]


def run_children_of(worker_pid: int) -> list[int]:
    """Process ids of the children that work on runs of a worker: those below a warden, which has no other name."""
    parents = _parents()
    leaves = [pid for pid in parents if pid not in parents.values() and is_alive(pid)]
    return [pid for pid in leaves if _generations(pid, worker_pid, parents) >= 2]


def _parents() -> dict[int, int]:
    """The parent of each process."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=False)
    return {int(pid): int(parent) for pid, parent in (line.split() for line in listed.stdout.splitlines())}


def _generations(pid: int, ancestor: int, parents: dict[int, int]) -> int:
    """How far a process is below an ancestor: 1 for the idle zygote, 2 or 3 for a run; 0 if it is not below it."""
    distance = 1
    while pid in parents and parents[pid] != ancestor:
        pid, distance = parents[pid], distance + 1
    return distance if pid in parents else 0


def is_alive(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
