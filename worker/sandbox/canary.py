"""What the self-test runs in place of a job: it tries to get out, for real, and says what worked.

Looking at versions is not enough: a kernel can report more than it does (SANDBOX.md, section 1).
"""

import ctypes
import errno
import json
import os
import resource
import socket
import subprocess
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

CLONE_NEWUSER = 0x10000000
IPC_PRIVATE = 0
# Attaching without stopping: the victim is the worker itself.
PTRACE_SEIZE = 0x4206

libc = ctypes.CDLL(None, use_errno=True)


def main(job: Mapping[str, Any], progress_fd: int, frames_fd: int) -> None:
    """Write one JSON line: `escaped`, what could be done but must not be; `broken`, what must work but does not."""
    os.close(frames_fd)
    escaped = [name for name, attempt in _attempts(job).items() if _works(attempt)]
    broken = [name for name, need in _needs(job).items() if not _works(need)]
    with os.fdopen(progress_fd, "wb") as progress:
        progress.write(json.dumps({"escaped": escaped, "broken": broken}).encode() + b"\n")


def _works(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except (OSError, ValueError, RuntimeError):  # ValueError: a limit that cannot be raised; RuntimeError: no thread
        return False
    return True


def _attempts(job: Mapping[str, Any]) -> dict[str, Callable[[], object]]:
    decoy, victim = Path(job["decoy"]), int(job["victim"])
    # As they lie: a data folder inside a folder of libraries would be open to every run.
    secrets = {f"read {Path(path).name}": partial(_open, Path(path)) for path in job["secrets"]}
    return secrets | {
        "be root": _be_root,
        "read a file of the worker's": decoy.read_bytes,
        "write a file of the worker's": lambda: decoy.open("ab").close(),
        "make a file beside it": lambda: decoy.with_name("escaped").touch(),
        "list the folder around it": lambda: _see(decoy),
        "see the worker's environment": lambda: Path(f"/proc/{victim}/environ").read_bytes(),
        "signal the worker": lambda: os.kill(victim, 0),
        "reach the worker's limits": lambda: resource.prlimit(victim, resource.RLIMIT_CORE),
        "attach to the worker": lambda: _call(libc.ptrace, PTRACE_SEIZE, victim, 0, 0),
        "open an internet socket": lambda: socket.socket(socket.AF_INET).close(),
        "open a local socket": lambda: socket.socket(socket.AF_UNIX).close(),
        "start a process": _fork,
        "start a program": lambda: _passes_the_filter(lambda: os.execv("/nonexistent", ["nothing"])),  # noqa: S606
        "start a program by a shell": lambda: subprocess.run("true", shell=True, check=False),  # noqa: S602, S607
        "leave its user": lambda: _passes_the_filter(lambda: _call(libc.unshare, CLONE_NEWUSER)),
        "change a mode": lambda: _passes_the_filter(lambda: Path("/nonexistent").chmod(0o600)),
        "make shared memory": lambda: _call(libc.shmget, IPC_PRIVATE, 4096, 0o600),
        "make a file in memory": lambda: os.close(os.memfd_create("escaped")),
        "raise a limit": lambda: resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2),
    }


def _needs(job: Mapping[str, Any]) -> dict[str, Callable[[], object]]:
    return {
        "read the training images": lambda: Path(job["needed"]).open("rb").close(),
        "start a thread": _start_thread,
        "import torch": _import_the_child,
    }


def _open(path: Path) -> None:
    path.open("rb").close()


def _be_root() -> None:
    if 0 in os.getresuid():
        return
    raise PermissionError


def _see(decoy: Path) -> None:
    """In the child's own root there is a folder of that name, with the child's things in it only."""
    if not any(path.name == decoy.name for path in decoy.parent.iterdir()):
        raise FileNotFoundError


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _call(function: Callable[..., int], *arguments: int) -> None:
    if function(*arguments) < 0:
        raise OSError(ctypes.get_errno(), "")


def _passes_the_filter(attempt: Callable[[], object]) -> None:
    """The filter answers EPERM before the kernel looks at anything else; another error means that it let this pass."""
    try:
        attempt()
    except OSError as error:
        if error.errno == errno.EPERM:
            raise


def _start_thread() -> None:
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()


def _import_the_child() -> None:
    try:
        import worker.child.main  # noqa: F401 - whether it can be imported here is the question
    except ImportError as error:
        raise OSError(str(error)) from error
