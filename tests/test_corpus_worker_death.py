"""Whoever of a run is killed, nothing of the run stays: neither child nor warden nor zygote."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.core.settings import CHECKOUT
from tests.corpus_cases import read_cases, write_program
from tests.corpus_ground import TEST_IMAGES, descendants
from tests.corpus_levels import LEVELS
from worker.sandbox.isolation import Isolation

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux'")
(CASE,) = read_cases("test_corpus_worker_death.py")
PR_SET_CHILD_SUBREAPER = 36
PATIENCE_S = 3


@dataclass(frozen=True)
class RunningWorker:
    """A worker in the middle of a run that never ends."""

    process: subprocess.Popen[str]
    others: set[int]


@pytest.fixture(params=LEVELS)
def level(request: pytest.FixtureRequest) -> Isolation:
    found: Isolation = request.param
    return found


@pytest.fixture(params=["warm", "cold"])
def worker(request: pytest.FixtureRequest, level: Isolation, tmp_path: Path) -> Iterator[RunningWorker]:
    starter = request.param
    tmp_path.chmod(0o755)
    write_program(CASE, tmp_path / "net.py", {"TEST_IMAGES": TEST_IMAGES})
    libc = ctypes.CDLL(None)
    # What outlives the worker becomes ours, and can be seen and ended.
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    command = [sys.executable, "-m", "tests.corpus_worker", str(level), starter, str(tmp_path)]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        assert any("TRIED to outlive the worker" in line for line in process.stdout)
        started = RunningWorker(process, descendants(process.pid))
        yield started
        for pid in {process.pid, *started.others} & living(started.others | {process.pid}):
            os.kill(pid, signal.SIGKILL)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def living(pids: set[int]) -> set[int]:
    """Those that exist and are no zombies."""
    found = set()
    for pid in pids:
        stat = Path(f"/proc/{pid}/stat")
        if stat.exists() and stat.read_text().rpartition(")")[2].split()[0] not in "ZX":
            found.add(pid)
    return found


def living_after_a_while(pids: set[int]) -> set[int]:
    """Those that still live when all had time to end."""
    deadline = time.monotonic() + PATIENCE_S
    while living(pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    return living(pids)


def test_nothing_outlives_a_killed_worker(worker: RunningWorker) -> None:
    assert len(worker.others) >= 2  # a warden and a child

    worker.process.kill()
    worker.process.wait()

    assert living_after_a_while(worker.others) == set()


def test_nothing_outlives_the_parent_of_a_child(worker: RunningWorker) -> None:
    """The warden, or the zygote that has forked it: the worker hears of it and the run ends."""
    modules = ("worker.sandbox.zygote", "worker.sandbox.enter")
    first = min(
        pid for pid in worker.others if any(name in Path(f"/proc/{pid}/cmdline").read_text() for name in modules)
    )
    os.kill(first, signal.SIGKILL)

    assert worker.process.stdout is not None
    assert any("ENDED the warden ended without a word" in line for line in worker.process.stdout)
    assert living_after_a_while(worker.others) == set()
