"""What a child may use of the machine. Applied by the child to itself before it imports anything large."""

import ctypes
import os
import resource
import signal
import sys
from dataclasses import dataclass

PR_SET_PDEATHSIG = 1
# Python's own SIGXCPU gives a last word; the hard limit two seconds later does not.
CPU_GRACE_S = 2


@dataclass(frozen=True)
class Limits:
    """Limits of one run: address space, CPU time, one file's size, open files."""

    address_space_bytes: int
    cpu_time_s: int
    file_size_bytes: int = 32 << 20
    open_files: int = 128


def apply(limits: Limits, parent_pid: int) -> None:
    """Bind this process to its limits, and to its worker: when that dies, this is killed too."""
    if sys.platform != "darwin":  # macOS knows the name but refuses every value
        resource.setrlimit(resource.RLIMIT_AS, (limits.address_space_bytes, limits.address_space_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_time_s, limits.cpu_time_s + CPU_GRACE_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.file_size_bytes, limits.file_size_bytes))
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits.open_files, limits.open_files))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _die_with(parent_pid)


def _die_with(parent_pid: int) -> None:
    """Ask the kernel for SIGKILL when the worker dies, then look whether it died before we asked."""
    if sys.platform != "linux":  # there the worker's own kill at the end of a run has to do
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent_pid:
        raise SystemExit("the worker died before this run began")
