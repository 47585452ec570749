"""Calls to the Linux kernel that Python does not offer. Every error is an OSError that names the call."""

import ctypes
import os
import signal

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def syscall(what: str, number: int, *arguments: int | bytes | None) -> int:
    """A system call by its number; bytes go as a pointer to them."""
    given = [ctypes.c_char_p(value) if isinstance(value, bytes) else _word(value) for value in arguments]
    return _checked(libc.syscall(ctypes.c_long(number), *given), what)


def _word(value: int | None) -> ctypes.c_long | None:
    return None if value is None else ctypes.c_long(value)


def prctl(option: int, *values: int) -> int:
    """prctl(2)."""
    padded = [*values, 0, 0, 0, 0][:4]
    return _checked(libc.prctl(ctypes.c_int(option), *[ctypes.c_ulong(value) for value in padded]), f"prctl({option})")


def unshare(flags: int) -> None:
    """unshare(2)."""
    _checked(libc.unshare(ctypes.c_int(flags)), f"unshare({flags:#x})")


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    """mount(2)."""
    kind_bytes = None if kind is None else kind.encode()
    result = libc.mount(
        os.fsencode(source), os.fsencode(target), kind_bytes, ctypes.c_ulong(flags), options.encode() or None
    )
    _checked(result, f"mount({source} on {target})")


def unmount(target: str, flags: int) -> None:
    """umount2(2)."""
    _checked(libc.umount2(os.fsencode(target), ctypes.c_int(flags)), f"umount2({target})")


def die_with_parent() -> None:
    """Ask for SIGKILL when the parent ends.

    A fork does not inherit this and a change of the user takes it away (SANDBOX.md, trap 2): ask again after each. The
    caller must look whether the parent ended before this.
    """
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def forbid_new_privileges() -> None:
    """From here on no program can give this process more rights; Landlock and seccomp demand it."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)
