"""The layers of the sandbox, in the order in which a child takes them on. SANDBOX.md, section 1."""

import os
import sys
import tempfile
from pathlib import Path

from worker.sandbox import kernel, landlock, limits, namespaces, privileges, seccomp
from worker.sandbox.cell import Cell, environment
from worker.sandbox.isolation import Isolation
from worker.sandbox.readable import DEVICES, MACHINE, PROCESS, libraries, own_code

ROOT = 0
# The pages stay quick while a network trains on all cores.
NICENESS = 5


class NotAlone(RuntimeError):
    """There are threads already, which Landlock would not bind (SANDBOX.md, trap 1)."""


class Confinement:
    """Prepared while the machine is still in sight; taken on, step by step, by the process that then runs the job."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.is_root = os.geteuid() == ROOT
        self.uid = privileges.uid_of_a_run(os.getpid()) if self.is_root else os.getuid()
        self.paths = [*libraries(), *own_code(), *cell.readable]
        self.has_own_root = cell.isolation is Isolation.NAMESPACES
        self.keeps_reading = (
            self.is_root
            and privileges.can_keep_reading()
            and privileges.are_closed_to_others(self.paths, with_parents=not self.has_own_root)
        )

    def prepare_fork(self) -> None:
        """In the warden, before it forks the child."""
        if self.has_own_root:
            namespaces.leave_processes_and_users()

    def take_on(self) -> None:
        """In the child, which must have one thread. What it may do afterwards it can never widen again."""
        if sys.platform == "linux":  # when the machine runs out of memory, take the run and not the worker
            Path("/proc/self/oom_score_adj").write_text("1000")
        os.nice(NICENESS)
        if self.has_own_root:
            scratch = namespaces.Scratch(
                self.cell.scratch, self.cell.limits.scratch_bytes, self.cell.limits.scratch_files
            )
            paths = [*self.paths, *MACHINE, *DEVICES]
            namespaces.enter_own_root(self.cell.folder, paths, scratch, self.uid)
        _furnish(self.cell)
        limits.apply(self.cell.limits, counts_threads=self.is_root or self.has_own_root)
        if self.cell.isolation.may_run_uploads:
            self._give_up_rights()
            self._lock()

    def _give_up_rights(self) -> None:
        if self.is_root:
            privileges.become(self.uid, self.keeps_reading)
        elif self.has_own_root:
            privileges.drop_bounding_set()
            privileges.set_capabilities(0)
        # Taken away by the change of the user; and the filter forbids to change it from here on.
        kernel.die_with_parent()

    def _lock(self) -> None:
        threads = sum(1 for _ in Path("/proc/self/task").iterdir())
        if threads != 1:
            raise NotAlone(f"the child has {threads} threads before it is locked in")
        kernel.forbid_new_privileges()
        landlock.restrict(
            readable=[*self.paths, *MACHINE, *DEVICES, *PROCESS],
            writable=[*([self.cell.scratch] if self.has_own_root else []), "/dev/null"],
        )
        seccomp.install()


def _furnish(cell: Cell) -> None:
    """Start in the scratch folder, with nothing of ours in the environment."""
    os.environ.clear()
    os.environ.update(environment(cell.scratch, int(cell.job["threads"])))
    os.chdir(cell.scratch)
    # Python looks for a folder that it can write to, and raises if there is none: without namespaces there is none.
    tempfile.tempdir = cell.scratch
