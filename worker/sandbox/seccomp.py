"""The seccomp filter: which system calls are answered, and which with an error.

A list of what is denied, which began with the 117 calls of SANDBOX.md, with three nets below it: another processor's or
the x32 calling convention kills the process; a call younger than the table does not exist; and some calls are allowed
with harmless arguments only. Source: `Documentation/userspace-api/seccomp_filter.rst`, `linux/bpf_common.h`.
"""

import ctypes
import errno
import os
import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from worker.sandbox.kernel import syscall
from worker.sandbox.syscalls import AUDIT_ARCHITECTURES, DENIED, NEWEST, NUMBERS, machine, number

LOAD, AND, JUMP_EQUAL, JUMP_GREATER, JUMP_AT_LEAST, JUMP_ANY_BIT, RETURN = 0x20, 0x54, 0x15, 0x25, 0x35, 0x45, 0x06
ALLOW, KILL_PROCESS, ERROR = 0x7FFF0000, 0x80000000, 0x00050000
# Places in `struct seccomp_data`; both processors are little-endian, the low word of an argument comes first.
NUMBER_AT, ARCHITECTURE_AT, FIRST_ARGUMENT_AT = 0, 4, 16
X32_BIT = 0x40000000
CLONE_THREAD = 0x00010000
SET_MODE_FILTER = 1
SYNCHRONIZE_THREADS = 1

AF_UNIX = 1
# F_DUPFD, GETFD, SETFD, GETFL, SETFL, DUPFD_CLOEXEC, GETPIPE_SZ. No locks, which are kernel memory that nothing counts,
# and nothing that sends signals to others.
FCNTLS = (0, 1, 2, 3, 4, 1030, 1032)
MAP_SHARED_ANONYMOUS = 0x21
# Terminal size and kind, bytes waiting, blocking, close on exec: what Python asks of any file.
IOCTLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
# Names of threads, and questions: PR_GET_DUMPABLE, SET_NAME, GET_NAME, GET_SECCOMP, CAPBSET_READ, GET_NO_NEW_PRIVS,
# SVE_GET_VL, SME_GET_VL, SET_VMA. Above all not PR_SET_PDEATHSIG.
PRCTLS = (3, 15, 16, 21, 23, 39, 51, 64, 0x53564D41)


class Instruction(NamedTuple):
    """One instruction of the kernel's packet filter; jumps count from the next one."""

    code: int
    if_true: int
    if_false: int
    value: int


def program(own_pid: int) -> list[Instruction]:
    """The filter for a process of this number, seen from inside."""
    instructions = [*_processor_check(), *_number_check()]
    known = NUMBERS[machine()]
    for group in DENIED.values():
        for name in group.split():
            if name in known:
                instructions += _deny(known[name], errno.EPERM)
    instructions += _deny(number("clone3"), errno.ENOSYS)  # libc then asks for clone, whose flags can be seen
    instructions += _clone_check() + _mmap_check() + _argument_checks(own_pid)
    return [*instructions, Instruction(RETURN, 0, 0, ALLOW)]


def install() -> None:
    """Filter all calls of this process from now on; needs `no_new_privs`.

    Raises:
        OSError: if the kernel has no seccomp, or this processor no table.
    """
    instructions = program(os.getpid())
    code = b"".join(struct.pack("=HBBI", *instruction) for instruction in instructions)
    kept = ctypes.create_string_buffer(code, len(code))
    filter_program = struct.pack("=H6xQ", len(instructions), ctypes.addressof(kept))
    syscall("seccomp", number("seccomp"), SET_MODE_FILTER, SYNCHRONIZE_THREADS, filter_program)


def _answer(value: int) -> Instruction:
    return Instruction(RETURN, 0, 0, value)


def _processor_check() -> list[Instruction]:
    expected = AUDIT_ARCHITECTURES[machine()]
    return [
        Instruction(LOAD, 0, 0, ARCHITECTURE_AT),
        Instruction(JUMP_EQUAL, 1, 0, expected),
        _answer(KILL_PROCESS),
        Instruction(LOAD, 0, 0, NUMBER_AT),
    ]


def _number_check() -> list[Instruction]:
    """Leaves the number loaded for all that follow."""
    return [
        Instruction(JUMP_AT_LEAST, 0, 1, X32_BIT),
        _answer(KILL_PROCESS),
        Instruction(JUMP_GREATER, 0, 1, NEWEST),
        _answer(ERROR | errno.ENOSYS),
    ]


def _deny(call: int, error: int) -> list[Instruction]:
    return [Instruction(JUMP_EQUAL, 0, 1, call), _answer(ERROR | error)]


def _clone_check() -> list[Instruction]:
    """New threads, but no new processes."""
    inside = [
        Instruction(LOAD, 0, 0, FIRST_ARGUMENT_AT),
        Instruction(JUMP_ANY_BIT, 0, 1, CLONE_THREAD),
        _answer(ALLOW),
        _answer(ERROR | errno.EPERM),
    ]
    return _if_call("clone", inside)


def _mmap_check() -> list[Instruction]:
    """No memory that is shared without a file: given back by madvise it stays allocated, and nothing counts it."""
    inside = [
        Instruction(LOAD, 0, 0, FIRST_ARGUMENT_AT + 8 * 3),
        Instruction(AND, 0, 0, MAP_SHARED_ANONYMOUS),
        Instruction(JUMP_EQUAL, 0, 1, MAP_SHARED_ANONYMOUS),
        _answer(ERROR | errno.EPERM),
        _answer(ALLOW),
    ]
    return _if_call("mmap", inside)


def _argument_checks(own_pid: int) -> list[Instruction]:
    return [
        *_only_with("kill", 0, (own_pid,), errno.EPERM),
        *_only_with("tgkill", 0, (own_pid,), errno.EPERM),
        *_only_with("prlimit64", 0, (0, own_pid), errno.EPERM),
        *_only_with("sched_setaffinity", 0, (0, own_pid), errno.EPERM),
        *_only_with("prctl", 0, PRCTLS, errno.EPERM),
        *_only_with("ioctl", 1, IOCTLS, errno.ENOTTY),
        *_only_with("fcntl", 1, FCNTLS, errno.EPERM),
        *_only_with("socketpair", 0, (AF_UNIX,), errno.EPERM),
        # Without namespaces these would tell which processes the machine has.
        *_only_with("getpgid", 0, (0, own_pid), errno.EPERM),
        *_only_with("getsid", 0, (0, own_pid), errno.EPERM),
        # A datagram socket of a pair could send to any address; with none it reaches only its partner.
        *_only_with("sendto", 4, (0,), errno.EPERM, high_word=True),
    ]


def _if_call(name: str, inside: list[Instruction]) -> list[Instruction]:
    """Run the instructions for this call only; they must end in an answer each way."""
    return [Instruction(JUMP_EQUAL, 0, len(inside), number(name)), *inside]


def _only_with(
    name: str, argument: int, values: Iterable[int], error: int, high_word: bool = False
) -> list[Instruction]:
    """Allow a call if the argument (its low 32 bits; with `high_word`, all 64, being 0) has one of the values."""
    place = FIRST_ARGUMENT_AT + 8 * argument
    inside = [Instruction(LOAD, 0, 0, place), *_jumps(values, _answer(ALLOW)), _answer(ERROR | error)]
    if high_word:
        upper = [Instruction(LOAD, 0, 0, place + 4), Instruction(JUMP_EQUAL, 1, 0, 0), _answer(ERROR | error)]
        inside = [*upper, *inside]
    return _if_call(name, inside)


def _jumps(values: Iterable[int], answer: Instruction) -> Iterator[Instruction]:
    for value in values:
        yield Instruction(JUMP_EQUAL, 0, 1, value)
        yield answer
