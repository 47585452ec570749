"""The hardest setting: worker, child, victim and decoys have the same ordinary user, so that only the sandbox helps."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from app.core.settings import CHECKOUT
from tests.corpus_cases import read_cases
from worker.dataset import let_through

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        os.name != "posix" or os.geteuid() != 0, reason="where tests run as an ordinary user, all of them do"
    ),
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux'"),
]
# Nobody's: no file and no process has it.
UID = 12345
TIME_LIMIT_S = 300


def test_attacks_on_the_same_user_are_held(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("home")
    os.chown(home, UID, UID)
    let_through(home.parent, Path(tempfile.gettempdir()))
    names = " or ".join(case.name for case in read_cases() if case.needs)
    command = [sys.executable, "-m", "tests.corpus_same_user", str(UID), "tests/test_corpus.py"]
    command += ["-k", names, "--basetemp", str(home / "base")]
    environment = os.environ | {"HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": str(home)}

    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=TIME_LIMIT_S)

    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
