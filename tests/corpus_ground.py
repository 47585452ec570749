"""Where the corpus runs: a tiny data set, its labels, decoys, another run's folder, and a look at what is left."""

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.core.settings import CHECKOUT
from tests.changed import save_unchanged
from tests.corpus_cases import Case
from tests.decoys import Decoys
from tests.victim import Victim, running_victim
from worker.dataset import Dataset, save_for_child
from worker.practice import draw_practice_set

TRAIN_IMAGES, TEST_IMAGES = 64, 50
# The pattern that attacks search for; the digits are the test's own.
SECRET = f"corpus-secret-{os.getpid():016x}"
MARK = "corpus-escape"
# Children of this process that are there for longer than one run.
OUR_OWN = ("worker.sandbox.zygote", "tests.corpus_making", "tests.corpus_unprotected", "victim.py")


@dataclass(frozen=True)
class Ground:
    """The folders of one session of the corpus."""

    folder: Path
    dataset: Dataset
    decoys: Decoys
    strangers: frozenset[int]

    @classmethod
    def prepare(cls, folder: Path) -> "Ground":
        """Make everything; whoever may enter the folder may read all of it, so that modes hide nothing."""
        for inner in (folder, folder / "jobs", folder / "labels"):
            inner.mkdir(exist_ok=True)
            inner.chmod(0o777)
        arrays = draw_practice_set(TRAIN_IMAGES, TEST_IMAGES)
        save_for_child(arrays, folder / "child" / "tiny")
        np.save(folder / "labels" / "tiny.npy", arrays["test-labels"])
        changed = save_unchanged(arrays["test-images"], folder / "child" / "tiny", folder / "labels" / "tiny.npy")
        dataset = Dataset("tiny", folder / "child" / "tiny", arrays["test-labels"], TRAIN_IMAGES, changed)
        (folder / "jobs" / "another-run").mkdir()
        (folder / "jobs" / "another-run" / "net.py").write_text("another run's file")
        return cls(folder, dataset, Decoys.make(folder / "decoys"), frozenset(descendants(os.getpid())))

    def places(self, victim: Victim | None) -> dict[str, object]:
        """What stands for the placeholders of a case."""
        found: dict[str, object] = {
            "DECOYS": self.decoys.folder,
            "LABELS": self.folder / "labels" / "tiny.npy",
            "DATA": self.dataset.child_dir,
            "JOBS": self.folder / "jobs",
            "CHECKOUT": CHECKOUT,
            "MNIST": CHECKOUT.parent / "shared" / "mnist",
            "HOME": Path.home(),
            "TEST_IMAGES": TEST_IMAGES,
            "WORKER_PID": os.getpid(),
        }
        if victim is not None:
            found |= {"VICTIM_PID": victim.pid, "VICTIM_TCP": victim.places["tcp"]}
            found |= {"VICTIM_UDP": victim.places["udp"], "VICTIM_ABSTRACT": victim.places["abstract"]}
        return found

    def state(self) -> dict[str, object]:
        """Everything that must be the same after a run as before it."""
        return {
            "decoys": self.decoys.state(),
            "data": {path.name: path.read_bytes() for path in sorted(self.dataset.child_dir.iterdir())},
            "labels": (self.folder / "labels" / "tiny.npy").read_bytes(),
            "another run": [path.read_bytes() for path in sorted((self.folder / "jobs" / "another-run").iterdir())],
            "folders": sorted(str(path) for path in self.folder.glob("*")),
            "jobs": sorted(path.name for path in (self.folder / "jobs").iterdir()),
            "mounts": Path("/proc/self/mountinfo").read_text(),
            "left behind": left_behind(),
        }


@contextlib.contextmanager
def victim_of(case: Case, ground: Ground) -> Iterator[Victim | None]:
    """The victim that a case needs, unharmed when the block ends; None for a case without one."""
    if "victim" not in case.needs:
        yield None
        return
    with running_victim(ground.decoys.folder, SECRET) as victim:
        before = victim.report()
        yield victim
        assert victim.report() == before, "the victim has come to harm"


def left_behind() -> list[str]:
    """Files with the attacks' mark wherever a program could put one, and objects of the kernel with theirs."""
    homes = (
        Path("/tmp"),
        Path("/var/tmp"),
        Path("/dev/shm"),
        Path("/dev/mqueue"),
        Path("/"),
        Path.home(),
        CHECKOUT,
        CHECKOUT / "worker" / "child",
    )
    found = [str(path) for home in homes if home.is_dir() for path in home.iterdir() if MARK in path.name]
    found += [str(path) for path in Path(sys.prefix).glob(f"lib/python*/site-packages/*{MARK}*")]
    found += [str(path) for path in Path(sys.prefix).glob("lib/python*/site-packages/sitecustomize.py")]
    for kind in ("shm", "sem", "msg"):
        with contextlib.suppress(FileNotFoundError):  # a kernel without System V objects
            lines = Path(f"/proc/sysvipc/{kind}").read_text().splitlines()[1:]
            found += [f"{kind} {line}" for line in lines if line.split()[0] == str(0x436F7270)]
    return found


def descendants(pid: int, strangers: Collection[int] = ()) -> set[int]:
    """All processes below one, the dead that nobody has waited for included, strangers and their children not."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (path / "stat").read_text().rpartition(")")[2].split()
                children.setdefault(int(fields[1]), []).append(int(path.name))
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        new = [child for child in children.get(waiting.pop(), []) if child not in strangers]
        found.update(new)
        waiting += new
    return found


def surviving(strangers: Collection[int], patience_s: float = 3) -> list[str]:
    """Living processes of ours that were started for a run; each is given a moment to end.

    Strangers are what other tests have running in this process, such as a database.
    """
    deadline = time.monotonic() + patience_s
    while (found := _of_runs(strangers)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def _of_runs(strangers: Collection[int]) -> list[str]:
    """The command lines of our descendants but for victims and zygotes, which are this process' own children."""
    found = []
    for pid in descendants(os.getpid(), strangers):
        with contextlib.suppress(OSError):
            state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            is_own = int(parent) == os.getpid() and any(name in command for name in OUR_OWN)
            if state not in "ZX" and not is_own:
                found.append(f"{pid} {state} {command}")
    return found


def remove(folder: Path) -> None:
    """Remove a run's folder, whatever modes are in it."""
    shutil.rmtree(folder)
