"""Where the sandbox does not hold, uploaded code is not run: by tests of the canary and of kernels that offer less."""

import asyncio
import errno
import json
import os
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.core.settings import CHECKOUT
from tests.corpus_cases import Case, read_cases, write_program
from tests.corpus_ground import TEST_IMAGES, Ground
from tests.corpus_levels import LEVELS
from tests.corpus_runs import Told, make_upload, run_case
from worker.sandbox import choice
from worker.sandbox.cell import Cell
from worker.sandbox.choice import Sandbox, choose_sandbox
from worker.sandbox.isolation import WITHOUT_SANDBOX, Isolation
from worker.sandbox.pipes import Ends
from worker.sandbox.self_test import reasons_against
from worker.sandbox.starters import ColdStarter

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux'")
CASES = {case.name: case for case in read_cases("test_corpus_policy.py")}
MEMORY_BYTES = 2 << 30
IS_ROOT = os.geteuid() == 0


class CarelessStarter(ColdStarter):
    """Starts runs without the sandbox that it was told to set up."""

    def start(self, cell: Cell, ends: Ends) -> None:
        super().start(replace(cell, isolation=Isolation.LIMITS), ends)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return Ground.prepare(tmp_path_factory.mktemp("policy"))


def run(case: Case, ground: Ground, sandbox: Sandbox) -> Told:
    folder = ground.folder / "jobs" / f"{case.name}-{sandbox.isolation}"
    (folder / "scratch").mkdir(parents=True)
    return run_case(case, ground, sandbox, folder, make_upload(case, folder, ground.places(None), None))


def on_a_kernel_without(folder: Path, error: int, *calls: str) -> dict[str, Any]:
    """What a worker does on such a kernel."""
    folder.chmod(0o755)
    write_program(CASES["69-no-landlock"], folder / "net.py", {"TEST_IMAGES": TEST_IMAGES})
    command = [sys.executable, "-m", "tests.corpus_lesser_kernel", str(folder), str(error), *calls]
    done = subprocess.run(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, check=True, timeout=120)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


@pytest.mark.parametrize("level", LEVELS)
def test_the_canary_finds_out_that_there_is_no_sandbox(level: Isolation, ground: Ground) -> None:
    needed = ground.dataset.child_dir / "train-images.npy"

    with closing(CarelessStarter()) as starter:
        reasons = asyncio.run(reasons_against(level, starter, needed, MEMORY_BYTES))

    assert "a run could read a file of the worker's" in reasons
    assert "a run could start a process" in reasons
    assert "a run could open an internet socket" in reasons


def test_code_is_refused_where_the_self_test_fails(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: object) -> list[str]:
        return ["a run could read a file of the worker's"]

    monkeypatch.setattr(choice, "reasons_against", fails)
    sandbox = choose_sandbox(Isolation.NAMESPACES, False, ground.dataset.child_dir / "train-images.npy", MEMORY_BYTES)

    with closing(sandbox.starter):
        told = run(CASES["68-self-test-fails"], ground, sandbox)

    assert sandbox.isolation is WITHOUT_SANDBOX
    assert told.outcome == "refused"
    assert "a run could read a file of the worker's" in told.message
    assert told.events == []


@pytest.mark.parametrize(
    "calls", [["landlock_create_ruleset"], ["landlock_restrict_self"], ["seccomp"]], ids=lambda calls: calls[0]
)
def test_code_is_refused_without_one_of_the_layers(calls: list[str], tmp_path: Path) -> None:
    told = on_a_kernel_without(tmp_path, errno.ENOSYS, *calls)

    assert told["isolation"] == WITHOUT_SANDBOX
    assert told["refusal"]
    assert told["program"] == {"outcome": "refused", "message": told["refusal"]}
    assert told["checkpoint"] == {"outcome": "refused", "message": told["refusal"]}
    assert told["zoo"]["outcome"] == "ok"


def test_without_namespaces_the_second_best_is_taken(tmp_path: Path) -> None:
    told = on_a_kernel_without(tmp_path, errno.EPERM, "unshare")

    assert told["isolation"] == Isolation.LANDLOCK
    assert told["refusal"] == ""
    assert told["program"]["outcome"] == "ok"
    assert told["checkpoint"]["outcome"] == "bad_file"
    assert told["zoo"]["outcome"] == "ok"


@pytest.mark.skipif(not IS_ROOT, reason="only root has something to give up")
@pytest.mark.parametrize("call", ["setresuid", "setgroups", "capset"])
def test_code_is_refused_where_root_cannot_be_given_up(call: str, tmp_path: Path) -> None:
    told = on_a_kernel_without(tmp_path, errno.EPERM, call)

    assert told["isolation"] == WITHOUT_SANDBOX
    assert told["program"]["outcome"] == "refused"
    assert told["zoo"]["outcome"] == "ok"


@pytest.mark.parametrize("level", LEVELS)
def test_the_child_of_a_root_worker_is_not_root(level: Isolation, ground: Ground) -> None:
    with closing(ColdStarter()) as starter:
        told = run(CASES["70-worker-is-root"], ground, Sandbox(level, starter))

    assert told.outcome == "ok"
    assert told.attempts.held == {"to be root"}
