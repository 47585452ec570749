"""What a process uses of the machine that the kernel does not bound by itself: resident memory, threads."""

import os
from collections.abc import Iterator

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def resident_bytes(proc: int, pid: int) -> int:
    """Bytes resident in a process and its descendants; 0 when it is gone.

    `proc` is an open handle to /proc, so that this works also where /proc itself is out of reach. Shared memory, which
    no resource limit bounds, counts in each process that has touched it: too much rather than too little.
    """
    return sum(_resident_bytes(proc, member) for member in _tree(proc, pid))


def threads_of(proc: int, pid: int) -> int:
    """How many threads a process has; 0 when it is gone."""
    return len(_names(proc, f"{pid}/task"))


def _tree(proc: int, pid: int) -> Iterator[int]:
    yield pid
    for thread in _names(proc, f"{pid}/task"):
        for child in _read(proc, f"{pid}/task/{thread}/children").split():
            yield from _tree(proc, int(child))


def _resident_bytes(proc: int, pid: int) -> int:
    fields = _read(proc, f"{pid}/statm").split()
    return int(fields[1]) * PAGE_BYTES if fields else 0


def _names(proc: int, path: str) -> list[str]:
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=proc)
    except (FileNotFoundError, ProcessLookupError):
        return []
    try:
        return os.listdir(folder)  # noqa: PTH208 - of a handle, which pathlib does not know
    except (FileNotFoundError, ProcessLookupError):
        return []
    finally:
        os.close(folder)


def _read(proc: int, path: str) -> str:
    """The text of a file of /proc; nothing when its process is gone, or where the kernel does not offer it."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC, dir_fd=proc)
    except (FileNotFoundError, ProcessLookupError):
        return ""
    try:
        return os.read(file, 1 << 16).decode()
    except ProcessLookupError:
        return ""
    finally:
        os.close(file)
