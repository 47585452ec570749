"""A worker on a kernel that offers less: `python -m tests.corpus_lesser_kernel FOLDER ERROR CALL...`.

It forbids itself, and all that it starts, the given system calls, chooses its sandbox like any worker and runs three
things in it: the program `FOLDER/net.py`, the same as a checkpoint, and a network of the zoo. One JSON object on
standard output says how that went.
"""

import asyncio
import ctypes
import json
import struct
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.child_process import make_job
from tests.corpus_ground import Ground
from worker.execution import execute
from worker.order import Order
from worker.sandbox.choice import Sandbox, choose_sandbox
from worker.sandbox.isolation import Isolation
from worker.sandbox.limits import Limits
from worker.sandbox.syscalls import number
from worker.story import Story

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, FILTER = 38, 22, 2
LOAD_NUMBER = (0x20, 0, 0, 0)
ALLOW = (0x06, 0, 0, 0x7FFF0000)
MEMORY_BYTES = 2 << 30


def forbid(error: int, calls: list[str]) -> None:
    """Answer these calls with an error from now on."""
    program = [LOAD_NUMBER]
    for call in calls:
        program += [(0x15, 0, 1, number(call)), (0x06, 0, 0, 0x00050000 | error)]
    code = b"".join(struct.pack("=HBBI", *instruction) for instruction in [*program, ALLOW])
    kept = ctypes.create_string_buffer(code, len(code))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    filter_program = struct.pack("=H6xQ", len(program) + 1, ctypes.addressof(kept))
    assert libc.prctl(PR_SET_SECCOMP, FILTER, filter_program, 0, 0) == 0


def outcome_of(ground: Ground, sandbox: Sandbox, **asked: Any) -> dict[str, str]:
    """How one run ends, and its sentence. Its files lie beside the jobs."""
    folder = Path(tempfile.mkdtemp(dir=ground.folder / "jobs"))
    folder.chmod(0o755)
    (folder / "scratch").mkdir()
    job = make_job(ground.dataset.child_dir, None, epochs=1) | {"threads": 1} | asked
    order = Order(job, folder, ground.dataset, Limits(MEMORY_BYTES, 60), 60)
    ending = asyncio.run(execute(order, Story(lambda *_: None, 1), sandbox))
    failure = ending.failure
    return (
        {"outcome": failure.outcome, "message": str(failure.message)} if failure else {"outcome": "ok", "message": ""}
    )


def main() -> None:
    """See the module."""
    folder, error, *calls = sys.argv[1:]
    ground = Ground.prepare(Path(folder))
    forbid(int(error), calls)
    needed = ground.dataset.child_dir / "train-images.npy"
    sandbox = choose_sandbox(Isolation.NAMESPACES, is_warm=True, needed=needed, memory_bytes=MEMORY_BYTES)
    upload = {"path": str(ground.folder / "net.py"), "name": "net.py"}
    checkpoint = {"path": str(ground.folder / "net.py"), "name": "weights.pt"}
    zoo = "softmax_regression"
    told = {
        "isolation": sandbox.isolation,
        "refusal": str(sandbox.refusal) if sandbox.refusal else "",
        "program": outcome_of(ground, sandbox, model_file=upload, class_name="Net"),
        "checkpoint": outcome_of(ground, sandbox, kind="evaluate", model=zoo, weights=checkpoint),
        "zoo": outcome_of(ground, sandbox, model=zoo),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
