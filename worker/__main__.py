"""A worker process: claims runs, beats, stops cleanly. Started by `mnist-benchmark worker` or `python -m worker`."""

import os
import secrets
import signal
import socket
import sys
import threading
from typing import NoReturn

import structlog
from dbos import DBOS, DBOSPortableJSONSerializer

from app.core.database import get_engine
from app.core.errors import Problem
from app.core.jobs import APPLICATION_NAME, APPLICATION_VERSION, Jobs, get_jobs
from app.core.logs import configure_logs
from app.core.schema import check_tables
from app.core.settings import Settings, get_settings
from worker.check import check
from worker.dataset import CHILD_ARRAYS, Dataset, DatasetMissing, prepare
from worker.deliver import deliver
from worker.heart import Heart
from worker.post import Post, active_jobs, begin_to_stop, take_post
from worker.run import get_datasource, run
from worker.sandbox.choice import Sandbox, choose_sandbox
from worker.sandbox.isolation import Isolation

log = structlog.get_logger()

# The engine finds them by their names; they must have been imported before it is launched.
WORKFLOWS = (run, check, deliver)


def new_executor_id() -> str:
    """Unique per process: the engine takes two workers of one id for one, and would run the first one's runs twice."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def main() -> int:
    """Work until SIGTERM or SIGINT; returns the exit status."""
    configure_logs()
    settings = get_settings()
    try:
        check_tables(get_engine())
        get_jobs().check()
        dataset = prepare(settings)
    except (Problem, DatasetMissing) as error:
        log.error("worker cannot start", reason=str(error))
        return 1
    executor_id = new_executor_id()
    sandbox = choose(settings, dataset)
    take_post(Post(executor_id, dataset, settings, sandbox))
    jobs = get_jobs()
    jobs.register_queue(settings.worker_concurrency, settings.poll_interval_s)
    heart = Heart(executor_id, jobs, settings, active_jobs, sandbox)
    heart.start()
    launch_engine(executor_id, settings)
    log.info("worker ready", executor=executor_id, dataset=dataset.name, isolation=str(sandbox.isolation))
    wait_for_signal()
    stop(heart, jobs, executor_id)
    return 0


def choose(settings: Settings, dataset: Dataset) -> Sandbox:
    """The best sandbox that holds here."""
    needed = dataset.child_dir / f"{CHILD_ARRAYS[0]}.npy"
    # The labels, the key of the cookies and, if it is a file, the database.
    secrets = [path for path in (*settings.data_dir.iterdir(), *settings.data_dir.glob("labels/*")) if path.is_file()]
    best = Isolation(settings.isolation)
    sandbox = choose_sandbox(best, settings.warm_start, needed, settings.memory_limit_bytes, secrets)
    if sandbox.refusal is not None:
        log.warning("uploaded code is refused", reason=str(sandbox.refusal))
    return sandbox


def launch_engine(executor_id: str, settings: Settings) -> None:
    """Start claiming runs from the queue."""
    DBOS(
        config={
            "name": APPLICATION_NAME,
            "system_database_engine": get_engine(),
            "executor_id": executor_id,
            "application_version": APPLICATION_VERSION,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "WARNING",
            "run_migrations": False,
        }
    )
    get_datasource()
    DBOS.launch()


def wait_for_signal() -> None:
    """Sleep until somebody asks this process to stop."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    while not stopping.wait(1.0):  # a wait without end would not let the signal's handler run on every platform
        pass


def stop(heart: Heart, jobs: Jobs, executor_id: str) -> None:
    """Claim nothing more, hand our runs back at once, and leave."""
    begin_to_stop()
    DBOS.destroy()
    jobs.hand_back(executor_id)
    heart.stop()
    log.info("worker stopped", executor=executor_id)


def run_and_exit() -> NoReturn:
    """Work, then leave at once: threads of runs that were handed back must not keep this process.

    Their children die with it (PDEATHSIG).
    """
    os.umask(0o077)
    status = 1
    try:
        status = main()
    except BaseException:
        log.exception("worker failed")
        raise
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    run_and_exit()
