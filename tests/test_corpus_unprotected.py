"""The attacks work where there is no sandbox: what holds them is the sandbox, and not a mistake of theirs."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.settings import CHECKOUT
from tests.corpus_cases import ALL, Case, read_cases, write_program
from tests.corpus_ground import SECRET, Ground, left_behind
from tests.corpus_log import Attempts, read_attempts
from tests.decoys import Decoys
from tests.victim import running_victim

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the attacks are against Linux")
CASES = [case for case in read_cases() if case.unprotected and case.has_program]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return Ground.prepare(tmp_path_factory.mktemp("unprotected"))


@pytest.fixture(scope="module")
def runner() -> Iterator[subprocess.Popen[str]]:
    """A process that runs programs as they are."""
    command = [sys.executable, "-m", "tests.corpus_unprotected"]
    with subprocess.Popen(
        command,
        cwd=CHECKOUT,
        env=os.environ | {"CORPUS_SECRET": SECRET},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "warm\n"
        yield process
        process.kill()


def run_unprotected(case: Case, ground: Ground, runner: subprocess.Popen[str], folder: Path) -> Attempts:
    """Let the case's program loose on fresh decoys and a victim that may die of it."""
    Decoys.make(ground.decoys.folder)
    assert runner.stdin is not None
    assert runner.stdout is not None
    with running_victim(ground.decoys.folder, SECRET) as victim:
        write_program(case, folder / "net.py", ground.places(victim))
        runner.stdin.write(json.dumps({"path": str(folder / "net.py"), "log": str(folder / "log")}) + "\n")
        runner.stdin.flush()
        assert runner.stdout.readline() == "ended\n"
    for path in left_behind():
        Path(path).unlink(missing_ok=True)  # Python's own resource tracker takes shared memory away, at any moment
    return read_attempts((folder / "log").read_text("utf-8", "replace"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_attack_works_without_the_sandbox(
    case: Case, ground: Ground, runner: subprocess.Popen[str], tmp_path: Path
) -> None:
    attempts = run_unprotected(case, ground, runner, tmp_path)

    may_fail = set(attempts.tried) if case.may_fail_unprotected == ALL else set(case.may_fail_unprotected)
    assert len(attempts.tried) == case.attempts
    assert may_fail <= set(attempts.tried)
    assert attempts.held <= may_fail
    assert attempts.without_answer == []
