"""What this worker process is and has, and which runs and checks it is busy with."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from app.core.settings import Settings
from worker.dataset import Dataset
from worker.sandbox.choice import Sandbox


@dataclass(frozen=True)
class Post:
    """What this worker process is and has."""

    executor_id: str
    dataset: Dataset
    settings: Settings
    sandbox: Sandbox


_posts: list[Post] = []
# Runs and checks that this process executes or waits for; the heart gives back what the engine thinks we hold beyond.
_active: set[str] = set()
_stopping = threading.Event()


def take_post(post: Post) -> None:
    """Tell the workflows which worker they serve; before the engine is launched."""
    _posts[:] = [post]


def current_post() -> Post:
    """The worker that the workflows serve."""
    return _posts[0]


@contextlib.contextmanager
def active(job_id: str) -> Iterator[None]:
    """While the block runs, this run or check has a thread here."""
    _active.add(job_id)
    try:
        yield
    finally:
        _active.discard(job_id)


def active_jobs() -> set[str]:
    """Ids of the runs and checks that have a thread in this process."""
    return set(_active)


def begin_to_stop() -> None:
    """From now on errors are no faults of runs: the engine is being shut down under them."""
    _stopping.set()


def is_stopping() -> bool:
    """Whether the engine is being shut down."""
    return _stopping.is_set()
