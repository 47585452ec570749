"""The seccomp filter, run by a small interpreter of the kernel's packet filter: both processors, each argument."""

import errno
import re
from pathlib import Path

import pytest

from worker.sandbox import seccomp, syscalls
from worker.sandbox.seccomp import ALLOW, ERROR, KILL_PROCESS, Instruction, program
from worker.sandbox.syscalls import AUDIT_ARCHITECTURES, DENIED, NEWEST, NUMBERS

OWN_PID = 4711
DENIED_NAMES = [name for group in DENIED.values() for name in group.split()]
HEADERS = {
    "x86_64": [Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), Path("/usr/include/asm/unistd_64.h")],
    "aarch64": [Path("/usr/include/asm-generic/unistd.h")],
}
EPERM, ENOSYS, ENOTTY = ERROR | errno.EPERM, ERROR | errno.ENOSYS, ERROR | errno.ENOTTY


@pytest.fixture(params=["x86_64", "aarch64"])
def processor(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(syscalls.platform, "machine", lambda: request.param)
    return str(request.param)


def answer(number: int, *arguments: int, architecture: int | None = None) -> int:
    """What the filter of this processor says to a call."""
    if architecture is None:
        architecture = AUDIT_ARCHITECTURES[syscalls.machine()]
    words = [number, architecture, 0, 0]
    for argument in [*arguments, 0, 0, 0, 0, 0, 0][:6]:
        words += [argument & 0xFFFFFFFF, (argument >> 32) & 0xFFFFFFFF]
    return interpret(program(OWN_PID), words)


def interpret(instructions: list[Instruction], words: list[int]) -> int:
    """linux/bpf_common.h, the seven instructions that the filter uses."""
    accumulator, place = 0, 0
    while True:
        code, if_true, if_false, value = instructions[place]
        place += 1
        if code == seccomp.RETURN:
            return value
        if code == seccomp.LOAD:
            accumulator = words[value // 4]
        elif code == seccomp.AND:
            accumulator &= value
        else:
            holds = {
                seccomp.JUMP_EQUAL: accumulator == value,
                seccomp.JUMP_GREATER: accumulator > value,
                seccomp.JUMP_AT_LEAST: accumulator >= value,
                seccomp.JUMP_ANY_BIT: bool(accumulator & value),
            }[code]
            place += if_true if holds else if_false


def call(name: str, *arguments: int) -> int:
    return answer(NUMBERS[syscalls.machine()][name], *arguments)


def test_every_denied_call_is_denied_on_each_processor_that_has_it(processor: str) -> None:
    had = [name for name in DENIED_NAMES if name in NUMBERS[processor]]

    assert {name: call(name) for name in had} == dict.fromkeys(had, EPERM)
    assert len(had) > 140


def test_every_denied_call_exists_on_one_of_the_processors() -> None:
    assert [name for name in DENIED_NAMES if not any(name in table for table in NUMBERS.values())] == []


def test_what_a_network_needs_is_allowed() -> None:
    # read, write, open, close, mmap (private), munmap, brk, futex, openat, getrandom, clock_gettime on x86-64
    numbers = {0: (), 1: (), 2: (), 3: (), 9: (0, 4096, 3, 0x22), 11: (), 12: (), 202: (), 257: (), 318: (), 228: ()}

    assert {number: answer(number, *arguments) for number, arguments in numbers.items()} == dict.fromkeys(
        numbers, ALLOW
    )


def test_another_processors_calls_end_the_process(processor: str) -> None:
    i386 = 0x40000003

    assert answer(1, architecture=i386) == KILL_PROCESS
    assert answer(0x40000000 | 39) == KILL_PROCESS


def test_calls_that_are_younger_than_the_table_do_not_exist(processor: str) -> None:
    assert {answer(number) for number in range(NEWEST + 1, 600)} == {ENOSYS}


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("clone", (0x3D0F00,), ALLOW),  # as pthread_create does
        ("clone", (17,), EPERM),  # as fork does
        ("clone3", (), ENOSYS),
        ("kill", (OWN_PID, 9), ALLOW),
        ("kill", (1, 9), EPERM),
        ("kill", (0, 9), EPERM),
        ("kill", (2**64 - 1, 9), EPERM),  # -1: everybody
        ("tgkill", (OWN_PID, 5, 6), ALLOW),
        ("tgkill", (12, 12, 6), EPERM),
        ("prlimit64", (0, 7), ALLOW),
        ("prlimit64", (12, 7), EPERM),
        ("sched_setaffinity", (0,), ALLOW),
        ("sched_setaffinity", (12,), EPERM),
        ("prctl", (15,), ALLOW),  # PR_SET_NAME
        ("prctl", (1, 0), EPERM),  # PR_SET_PDEATHSIG
        ("ioctl", (0, 0x5401), ALLOW),  # TCGETS
        ("ioctl", (0, 0x5412), ENOTTY),  # TIOCSTI
        ("fcntl", (3, 3), ALLOW),  # F_GETFL
        ("fcntl", (3, 8, 12), EPERM),  # F_SETOWN
        ("fcntl", (3, 1031, 1 << 20), EPERM),  # F_SETPIPE_SZ
        ("fcntl", (3, 6), EPERM),  # F_SETLK
        ("socketpair", (1,), ALLOW),  # AF_UNIX
        ("socketpair", (16,), EPERM),  # AF_NETLINK
        ("getpgid", (0,), ALLOW),
        ("getpgid", (12,), EPERM),
        ("getsid", (OWN_PID,), ALLOW),
        ("getsid", (12,), EPERM),
        ("sendto", (3, 0, 0, 0, 0), ALLOW),
        ("sendto", (3, 0, 0, 0, 0x7FFF_0000_1000), EPERM),
        ("sendto", (3, 0, 0, 0, 0x7FFF_0000_0000), EPERM),  # only the upper half is set
        ("mmap", (0, 4096, 3, 0x22), ALLOW),  # MAP_PRIVATE | MAP_ANONYMOUS
        ("mmap", (0, 4096, 1, 0x01), ALLOW),  # MAP_SHARED of a file
        ("mmap", (0, 4096, 3, 0x21), EPERM),
        ("mmap", (0, 4096, 3, 0x8021), EPERM),
    ],
)
def test_checked_calls_are_allowed_with_harmless_arguments_only(
    processor: str, name: str, arguments: tuple[int, ...], expected: int
) -> None:
    assert call(name, *arguments) == expected


def test_the_tables_agree_with_the_kernels_headers(processor: str) -> None:
    header = next((path for path in HEADERS[processor] if path.exists()), None)
    assert header is not None, f"install linux-libc-dev; looked for {HEADERS[processor]}"
    found = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\s", header.read_text()))

    wrong = {
        name: (value, found.get(name)) for name, value in NUMBERS[processor].items() if str(value) != found.get(name)
    }

    assert wrong == {}


def test_an_unknown_processor_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syscalls.platform, "machine", lambda: "riscv64")

    with pytest.raises(syscalls.UnknownProcessor, match=r"riscv64.*x86_64, aarch64"):
        program(OWN_PID)
