"""From a stored run to the job that its child gets, in a folder of the run's own."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlmodel import Session, select

from app.core.blobs import Blobs
from app.core.caps import NO_CAPS, RunCaps
from app.core.settings import Settings
from app.core.tables import QuickCheck, Run, Submission
from worker.analysis import TIME_LIMIT_S as ANALYSIS_LIMIT_S
from worker.dataset import Dataset, let_through
from worker.order import Order
from worker.sandbox.limits import Limits

# CPU time counts all threads, and start-up and prediction take some of their own.
CPU_MARGIN_S = 60
# torch has several pools of threads, each of which may take all cores.
THREADS_MARGIN = 64
CHECK_TIME_LIMIT_S = 5.0


def submission_of(session: Session, run_id: str) -> Submission:
    """What the run is to execute."""
    return session.exec(select(Submission).join(Run).where(Run.id == run_id)).one()


@contextlib.contextmanager
def job_folder(settings: Settings, executor_id: str, name: str) -> Iterator[Path]:
    """An empty folder that is gone afterwards, and that no other worker process uses."""
    folder = executor_folder(settings, executor_id) / name
    folder.mkdir(parents=True)
    let_through(folder, settings.data_dir)
    try:
        yield folder
    finally:
        # If we were frozen for longer than our lease, another worker has removed it as a dead one's.
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(folder)


def executor_folder(settings: Settings, executor_id: str) -> Path:
    """Where a worker process keeps the folders of its runs."""
    return settings.data_dir / "jobs" / executor_id.replace(":", "-")


def remove_folders_of_the_dead(settings: Settings, living: set[str]) -> None:
    """Remove what workers left that were killed on this machine."""
    kept = {executor_folder(settings, executor_id) for executor_id in living}
    for folder in (settings.data_dir / "jobs").glob("*"):
        if folder not in kept:
            shutil.rmtree(folder, ignore_errors=True)  # another worker may be removing the same


def order_of(
    asked: Submission | QuickCheck,
    folder: Path,
    dataset: Dataset,
    blobs: Blobs,
    settings: Settings,
    seed: int | None = None,
    caps: RunCaps = NO_CAPS,
) -> Order:
    """The order for the child of a submission, or of a check of one; its uploads are fetched into the folder.

    `seed` stands in for the recipe's own, where a run repeats another. `caps` are the class' own.
    """
    threads = settings.worker_threads or _usable_cores()
    job: dict[str, Any] = {
        "kind": "check" if isinstance(asked, QuickCheck) else asked.kind,
        "model": asked.model,
        "options": asked.options,
        "model_file": _fetched(asked.model_file_sha256, asked.model_file_name, folder / "model-file", blobs),
        "weights": _fetched(asked.weights_sha256, asked.weights_name, folder / "weights", blobs),
        "class_name": asked.class_name,
        "arguments": asked.arguments,
        "recipe": asked.recipe if seed is None else asked.recipe | {"seed": seed},
        "data_dir": str(dataset.child_dir),
        "threads": threads,
    }
    (folder / "scratch").mkdir()
    let_through(folder / "scratch", folder)
    time_limit_s = CHECK_TIME_LIMIT_S if isinstance(asked, QuickCheck) else min(settings.run_time_limit_s, caps.time_s)
    cpu_time_s = int((time_limit_s + ANALYSIS_LIMIT_S) * threads) + CPU_MARGIN_S
    limits = Limits(settings.memory_limit_bytes, cpu_time_s, threads=THREADS_MARGIN + 4 * threads)
    return Order(job, folder, dataset, limits, time_limit_s, caps.parameters)


def _fetched(sha256: str | None, name: str | None, target: Path, blobs: Blobs) -> dict[str, str] | None:
    """An upload in a place of its own, where the child can read it whoever the child is."""
    if sha256 is None:
        return None
    blobs.fetch(sha256, target)
    target.chmod(0o644)
    return {"path": str(target), "name": name or ""}


def _usable_cores() -> int:
    """Cores that this process may use; macOS has no affinity and lets every process use all."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
