"""The child's first steps: lock itself in, then run the job. Nothing of torch or of an upload is touched before."""

import contextlib
import importlib
import os
import select
import sys
import traceback
from typing import NoReturn

from worker.sandbox import kernel
from worker.sandbox.confinement import Confinement
from worker.sandbox.pipes import READY, Ends

CANARY = "canary"


def be_child(confinement: Confinement, ends: Ends, alive: int, ready: int) -> NoReturn:
    """Take on the sandbox and run the job; never returns.

    `alive` ends with the warden; `ready` tells it how this went.
    """
    try:
        # The package without its modules: its folder is found while the one above can still be listed.
        importlib.import_module("worker.child")
        _die_with_warden(alive)
        os.setsid()
        os.close(ends.output)  # standard output has it
        confinement.take_on()
        _look_at_warden(alive)  # again: a change of the user takes the wish away for a moment
        os.close(alive)
        os.write(ready, READY)
        os.close(ready)
    except BaseException:  # noqa: BLE001 - nothing may run that is not locked in, and the warden must hear why
        with contextlib.suppress(OSError):
            os.write(ready, traceback.format_exc().encode())
        os._exit(1)
    _run(confinement, ends)


def _die_with_warden(alive: int) -> None:
    if sys.platform == "linux":
        kernel.die_with_parent()
    _look_at_warden(alive)


def _look_at_warden(alive: int) -> None:
    if select.select([alive], [], [], 0)[0]:
        os._exit(1)


def _run(confinement: Confinement, ends: Ends) -> NoReturn:
    """Run the job and end at once: what a model left to be run at the end of the process is not run."""
    status = 1
    try:
        job = confinement.cell.job
        # Only now: torch takes gigabytes of address space and starts threads, and both must fall under the limits.
        module = "worker.sandbox.canary" if job["kind"] == CANARY else "worker.child.main"
        importlib.import_module(module).main(job, ends.progress, ends.frames)
        status = 0
    except BaseException:  # noqa: BLE001 - told on standard error, and by the status
        traceback.print_exc()
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(status)
