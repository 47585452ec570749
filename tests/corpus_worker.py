"""A worker of one run, to be killed: `python -m tests.corpus_worker LEVEL warm|cold FOLDER`.

The upload is `FOLDER/net.py`. What the run prints goes to standard output.
"""

import asyncio
import sys
from pathlib import Path
from typing import Any

from benchmarks.child_process import make_job
from tests.corpus_ground import Ground
from worker.execution import execute
from worker.order import Order
from worker.sandbox.choice import Sandbox, make_starter
from worker.sandbox.isolation import Isolation
from worker.sandbox.launch import SandboxFailed
from worker.sandbox.limits import Limits
from worker.story import Story


def show(kind: str, data: dict[str, Any]) -> None:
    """Print what the run has printed."""
    if kind == "log":
        print(data["text"], flush=True)


def main() -> None:
    """See the module."""
    level, starter, folder = sys.argv[1:]
    ground = Ground.prepare(Path(folder))
    jobs = ground.folder / "jobs" / "run"
    (jobs / "scratch").mkdir(parents=True)
    upload = jobs / "net.py"
    upload.write_text((ground.folder / "net.py").read_text())
    own = {"model_file": {"path": str(upload), "name": "net.py"}, "class_name": "Net", "threads": 1}
    job = make_job(ground.dataset.child_dir, None, epochs=1) | own
    order = Order(job, jobs, ground.dataset, Limits(2 << 30, 60), 60)
    sandbox = Sandbox(Isolation(level), make_starter(is_warm=starter == "warm"))
    try:
        ending = asyncio.run(execute(order, Story(show, 1), sandbox))
    except SandboxFailed as error:  # which the workflow takes for our fault, and tries again
        print("ENDED", error, flush=True)
    else:
        print("ENDED", ending.failure and ending.failure.outcome, flush=True)


if __name__ == "__main__":
    main()
