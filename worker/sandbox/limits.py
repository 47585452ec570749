"""What a child may use of the machine. Applied by the child to itself before it does anything of its own."""

import resource
import sys
from dataclasses import dataclass

# Python's own SIGXCPU gives a last word; the hard limit two seconds later does not.
CPU_GRACE_S = 2
# What torch maps without using it: 3.1 GB after the import of its CUDA build. SANDBOX.md, end of section 2.
LIBRARIES_BYTES = 4 << 30
# Linux' numbers of limits that Python's module leaves out: timers and queued signals, which are counted for a user and
# not for a process, and bytes in message queues, which outlive their process.
RLIMIT_SIGPENDING, RLIMIT_MSGQUEUE = 11, 12
PENDING_SIGNALS = 64


@dataclass(frozen=True)
class Limits:
    """Limits of one run: memory, CPU time, one file's size, open files, threads, and the folder it may write to.

    `memory_bytes` bounds private memory (RLIMIT_DATA) at once and what is resident, shared pages included, within a
    tenth of a second (`warden.py`); the address space gets room for the libraries on top.
    """

    memory_bytes: int
    cpu_time_s: int
    file_size_bytes: int = 32 << 20
    open_files: int = 128
    threads: int = 128
    scratch_bytes: int = 64 << 20
    scratch_files: int = 4096


def apply(limits: Limits, counts_threads: bool) -> None:
    """Bind this process to its limits, hard and soft alike, so that none can be raised again.

    Threads can be counted only where no other process has the same user: RLIMIT_NPROC counts all of a user's.
    """
    if sys.platform != "darwin":  # macOS knows the name but refuses every value
        address_space = limits.memory_bytes + LIBRARIES_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
        resource.setrlimit(resource.RLIMIT_DATA, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_time_s, limits.cpu_time_s + CPU_GRACE_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.file_size_bytes, limits.file_size_bytes))
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits.open_files, limits.open_files))
    if counts_threads:
        resource.setrlimit(resource.RLIMIT_NPROC, (limits.threads, limits.threads))
    # Not 0: that does not keep a crash from starting the program that /proc/sys/kernel/core_pattern may name; 1 keeps
    # both it and a file away (core(5), "Piping core dumps to a program", and fs/coredump.c).
    core_bytes = 0 if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0 else 1
    resource.setrlimit(resource.RLIMIT_CORE, (core_bytes, core_bytes))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
        resource.setrlimit(RLIMIT_SIGPENDING, (PENDING_SIGNALS, PENDING_SIGNALS))
        resource.setrlimit(RLIMIT_MSGQUEUE, (0, 0))
