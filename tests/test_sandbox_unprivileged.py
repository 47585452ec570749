"""The sandbox for a worker that is an ordinary user, which is how most of them run."""

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from app.core.settings import CHECKOUT
from worker.dataset import let_through

# The canary of the self-test in both levels, by an interpreter that has nothing but our code and the standard library.
PROGRAM = """
import json, os, sys, tempfile
sys.path.insert(0, sys.argv[1])
from worker.sandbox.cell import Cell
from worker.sandbox.isolation import Isolation
from worker.sandbox.limits import Limits
from worker.sandbox.pipes import Ends
from worker.sandbox.warden import guard

told = {"uid": os.getuid()}
for level in ("namespaces", "landlock"):
    folder = tempfile.mkdtemp(dir=sys.argv[2])
    os.makedirs(folder + "/cell/scratch")
    os.mkdir(folder + "/data")
    for name in ("decoy", "data/needed"):
        open(f"{folder}/{name}", "w").close()
    job = {"kind": "canary", "threads": 1, "victim": os.getpid(), "secrets": []}
    job |= {"decoy": folder + "/decoy", "needed": folder + "/data/needed"}
    limits, cell = Limits(1 << 30, 60), folder + "/cell"
    cell = Cell(Isolation(level), limits, cell, cell + "/scratch", (folder + "/data",), job)
    life, *readers = pipes = [os.pipe() for _ in range(5)]
    parent = os.getpid()
    if os.fork() == 0:
        guard(cell, Ends(life[0], *(write for _, write in readers)), parent)
    for _, write in readers:
        os.close(write)
    status, progress, _, output = (open(read, "rb").read().decode() for read, _ in readers)
    told[level] = {"status": status, "canary": progress, "output": output}
    os.wait()
sys.stdout.write(json.dumps(told))
"""
NOBODY_UID = 61000


@pytest.fixture
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sandbox where everybody may read it; the way there is opened too."""
    folder = Path(tmp_path_factory.mktemp("unprivileged"))
    shutil.copytree(CHECKOUT / "worker" / "sandbox", folder / "worker" / "sandbox")
    shutil.copy(CHECKOUT / "worker" / "__init__.py", folder / "worker")
    (folder / "worker" / "child").mkdir()
    (folder / "models_zoo").mkdir()
    (folder / "models_zoo" / "__init__.py").touch()
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


def an_open_interpreter() -> str:
    """A Python that an ordinary user may run: this one, or the system's."""
    for candidate in (Path(sys.executable).resolve(), Path("/usr/bin/python3")):
        if candidate.exists() and all(parent.stat().st_mode & stat.S_IXOTH for parent in candidate.parents):
            return str(candidate)
    pytest.fail("no Python that an ordinary user may run: install python3")


@pytest.mark.parametrize("level", ["namespaces", "landlock"])
def test_an_ordinary_user_gets_both_levels_without_being_root(code: Path, level: str) -> None:
    own_folder = code / "own"
    own_folder.mkdir(mode=0o700)
    user = {}
    if os.getuid() == 0:
        os.chown(own_folder, NOBODY_UID, NOBODY_UID)
        user = {"user": NOBODY_UID, "group": NOBODY_UID, "extra_groups": []}
        let_through(code.parent, Path(tempfile.gettempdir()))

    done = subprocess.run(
        [an_open_interpreter(), "-I", "-c", PROGRAM, str(code), str(own_folder)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd="/",
        **user,  # type: ignore[call-overload]
    )

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["uid"] != 0
    canary = json.loads(told[level]["canary"])
    assert canary == {"escaped": [], "broken": ["import torch"]}  # it has no torch; all else must work
