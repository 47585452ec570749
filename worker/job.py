"""From a stored run to the job that its child gets, in a folder of the run's own."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlmodel import Session, select

from app.core.blobs import Blobs
from app.core.settings import Settings
from app.core.tables import Run, Submission
from worker.dataset import Dataset
from worker.execution import Order
from worker.sandbox.limits import Limits

# CPU time counts all threads, and start-up and prediction take some of their own.
CPU_MARGIN_S = 60


def submission_of(session: Session, run_id: str) -> Submission:
    """What the run is to execute."""
    return session.exec(select(Submission).join(Run).where(Run.id == run_id)).one()


@contextlib.contextmanager
def job_folder(settings: Settings, executor_id: str, name: str) -> Iterator[Path]:
    """An empty folder that is gone afterwards, and that no other worker process uses."""
    folder = executor_folder(settings, executor_id) / name
    folder.mkdir(parents=True)
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


def order_of(submission: Submission, folder: Path, dataset: Dataset, blobs: Blobs, settings: Settings) -> Order:
    """The order for a submission's child; its weights are fetched into the folder."""
    threads = settings.worker_threads or _usable_cores()
    job: dict[str, Any] = {
        "kind": submission.kind,
        "model": submission.model,
        "options": submission.options,
        "recipe": submission.recipe,
        "data_dir": str(dataset.child_dir),
        "weights_path": None,
        "threads": threads,
    }
    if submission.weights_sha256 is not None:
        target = folder / "weights.safetensors"
        blobs.fetch(submission.weights_sha256, target)
        job["weights_path"] = str(target)
    cpu_time_s = int(settings.run_time_limit_s * threads) + CPU_MARGIN_S
    limits = Limits(settings.memory_limit_bytes, cpu_time_s)
    return Order(job, folder, dataset, limits, settings.run_time_limit_s)


def _usable_cores() -> int:
    """Cores that this process may use; macOS has no affinity and lets every process use all."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
