"""Runs tests as an ordinary user in place of root: `python -m tests.corpus_same_user UID pytest-arguments...`.

Then worker, child, victim and decoys have one and the same user, and file modes are no help to the sandbox. What root's
home holds of the interpreter and the checkout is shown to that user in a mount namespace of this process only.
"""

import os
import sys
from pathlib import Path

from app.core.settings import CHECKOUT
from worker.sandbox import kernel

MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
OPEN_TO_ALL = 0o005


def show(paths: list[Path]) -> None:
    """Put an empty folder over each closed one on the way to the paths, and the path itself back into it."""
    kernel.unshare(kernel.CLONE_NEWNS)
    kernel.mount("none", "/", None, MS_REC | MS_PRIVATE)
    held = {path: os.open(path, os.O_PATH) for path in paths}
    for path, handle in held.items():
        closed = [parent for parent in reversed(path.parents) if parent.stat().st_mode & OPEN_TO_ALL != OPEN_TO_ALL]
        if closed:
            kernel.mount("tmpfs", str(closed[0]), "tmpfs", 0, "mode=755")
        if not path.exists():
            path.mkdir(parents=True)
            kernel.mount(f"/proc/self/fd/{handle}", str(path), None, MS_BIND | MS_REC)


def main() -> None:
    """See the module."""
    uid, *arguments = sys.argv[1:]
    show([Path(sys.base_prefix), Path(sys.prefix), CHECKOUT])
    os.setgroups([])
    os.setresgid(int(uid), int(uid), int(uid))
    os.setresuid(int(uid), int(uid), int(uid))
    os.execv(sys.executable, [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments])


if __name__ == "__main__":
    main()
