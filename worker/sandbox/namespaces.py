"""Own namespaces and an own root: the child sees no process, network or file of the machine but what it is given.

Without any program and without being root where the kernel allows user namespaces. Source: namespaces(7),
pivot_root(2), mount_setattr(2).
"""

import contextlib
import os
import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from worker.sandbox import kernel
from worker.sandbox.syscalls import number

MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_RDONLY = 2, 4, 8, 32, 1
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
MNT_DETACH = 2
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID = 1, 2
HOST_NAME = "sandbox"
OLD_ROOT = ".old"


@dataclass(frozen=True)
class Scratch:
    """The one folder that the child may write to: in memory, gone with it."""

    path: str
    size_bytes: int
    files: int


def leave_processes_and_users() -> None:
    """Make the next fork the first process of a process namespace of its own.

    A worker that is not root gets a user namespace first, in which it may do the rest.
    """
    uid, gid = os.getuid(), os.getgid()
    if uid == 0:
        kernel.unshare(kernel.CLONE_NEWPID)
        return
    kernel.unshare(kernel.CLONE_NEWUSER | kernel.CLONE_NEWPID)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


def enter_own_root(stage: str, paths: Iterable[str], scratch: Scratch, owner: int) -> None:
    """Leave everything of the machine but these paths, which keep their names and can only be read.

    `stage` is any folder to build on; `owner` the user whom the scratch folder belongs to. The caller is the first
    process of its namespace.
    """
    others = kernel.CLONE_NEWNS | kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS
    kernel.unshare(others)
    socket.sethostname(HOST_NAME)
    kernel.mount("none", "/", None, MS_REC | MS_PRIVATE)
    held = _hold(paths)
    os.umask(0o022)  # the way to the files must be open to whoever the child will be
    kernel.mount("tmpfs", stage, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,nr_inodes=1024,mode=755")
    for path, handle in held.items():
        _bind(handle, stage + path)
    _mount_scratch(stage, scratch, owner)
    Path(stage, "proc").mkdir()
    kernel.mount("proc", f"{stage}/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    _change_root(stage)


def _hold(paths: Iterable[str]) -> dict[str, int]:
    """An open handle to each path that exists: the new root is built over the folder in which some of them lie."""
    held = {}
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            held[path] = os.open(path, os.O_PATH | os.O_CLOEXEC)
    return held


def _bind(handle: int, target: str) -> None:
    """Put what a handle stands for at a path, read-only with all mounts below it."""
    source = f"/proc/self/fd/{handle}"
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    if Path(source).is_dir():
        Path(target).mkdir(exist_ok=True)
    else:
        Path(target).touch()
    kernel.mount(source, target, None, MS_BIND | MS_REC)
    attributes = struct.pack("=4Q", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, 0, 0, 0)
    call = number("mount_setattr")
    kernel.syscall(
        f"mount_setattr({target})", call, AT_FDCWD, os.fsencode(target), AT_RECURSIVE, attributes, len(attributes)
    )
    os.close(handle)


def _mount_scratch(stage: str, scratch: Scratch, owner: int) -> None:
    target = stage + scratch.path
    Path(target).mkdir(parents=True, exist_ok=True)
    options = f"size={scratch.size_bytes},nr_inodes={scratch.files},mode=700,uid={owner},gid={owner}"
    kernel.mount("tmpfs", target, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, options)


def _change_root(stage: str) -> None:
    os.chdir(stage)
    Path(OLD_ROOT).mkdir()
    kernel.syscall("pivot_root", number("pivot_root"), b".", os.fsencode(OLD_ROOT))
    os.chdir("/")
    kernel.unmount(f"/{OLD_ROOT}", MNT_DETACH)
    Path(f"/{OLD_ROOT}").rmdir()
    kernel.mount("none", "/", None, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV)
