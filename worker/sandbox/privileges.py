"""Who the child is: never root, and without any capability but, where there is no other way, one to read."""

import os
import stat
import struct
from collections.abc import Iterable
from pathlib import Path

from worker.sandbox.kernel import PR_CAPBSET_DROP, PR_SET_KEEPCAPS, prctl, syscall
from worker.sandbox.syscalls import number

# systemd's range for users that exist only while something runs; nobody owns a file by them.
FIRST_UID, UIDS = 61184, 4336
CAPABILITY_VERSION_3 = 0x20080522
CAP_DAC_READ_SEARCH = 2
LAST_CAPABILITY = Path("/proc/sys/kernel/cap_last_cap")
OPEN_TO_ALL = stat.S_IROTH | stat.S_IXOTH


def uid_of_a_run(pid: int) -> int:
    """A user of its own for each run of a worker that is root, so that two of them cannot touch each other."""
    return FIRST_UID + pid % UIDS


def can_keep_reading() -> bool:
    """Whether this process has the capability to read in spite of modes. In a container root often has not."""
    return bool(_permitted_capabilities() & 1 << CAP_DAC_READ_SEARCH)


def _permitted_capabilities() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1], 16) for line in lines if line.startswith("CapPrm:"))


def are_closed_to_others(paths: Iterable[str], with_parents: bool) -> bool:
    """Whether another user than root could not read some of these, as in a checkout in root's home."""
    wanted = {Path(path).resolve() for path in paths if Path(path).exists()}
    if with_parents:
        wanted |= {parent for path in wanted for parent in path.parents}
    return any(_is_closed(path) for path in wanted)


def _is_closed(path: Path) -> bool:
    mode = path.stat().st_mode
    needed = OPEN_TO_ALL if path.is_dir() else stat.S_IROTH
    return mode & needed != needed


def become(uid: int, keeps_reading: bool) -> None:
    """Stop being root, for good.

    With `keeps_reading` one capability stays: to read files in spite of their modes. Which files there are to be read
    is then Landlock's to say, which no capability passes over.
    """
    drop_bounding_set()
    prctl(PR_SET_KEEPCAPS, int(keeps_reading))
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    set_capabilities(1 << CAP_DAC_READ_SEARCH if keeps_reading else 0)
    prctl(PR_SET_KEEPCAPS, 0)


def drop_bounding_set() -> None:
    """Forbid that any program started later could bring a capability back."""
    for capability in range(int(LAST_CAPABILITY.read_text()) + 1):
        prctl(PR_CAPBSET_DROP, capability)


def set_capabilities(bits: int) -> None:
    """Have these capabilities, below 32, and no others; none can be inherited."""
    header = struct.pack("=Ii", CAPABILITY_VERSION_3, 0)
    syscall("capset", number("capset"), header, struct.pack("=6I", bits, bits, 0, 0, 0, 0))
