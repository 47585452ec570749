"""Which levels of isolation the kernel here can give at all. Asked of the kernel, not of the sandbox under test."""

import os
import subprocess
import sys

import pytest

from worker.sandbox.isolation import SAFE, Isolation

# As root a user namespace is not needed. The numbers are CLONE_NEWNS, UTS, IPC, PID, NET and USER.
NAMESPACES = 0x00020000 | 0x04000000 | 0x08000000 | 0x20000000 | 0x40000000
USER_NAMESPACE = 0x10000000
ASK = "import ctypes, sys; sys.exit(ctypes.CDLL(None).unshare(int(sys.argv[1])) != 0)"


def gives_namespaces() -> bool:
    """Whether a process may leave the machine's namespaces: Docker and some distributions forbid it."""
    if sys.platform != "linux":
        return False
    flags = NAMESPACES if os.geteuid() == 0 else NAMESPACES | USER_NAMESPACE
    return subprocess.run([sys.executable, "-c", ASK, str(flags)], check=False).returncode == 0


_WITHOUT_NAMESPACES = pytest.mark.skipif(not gives_namespaces(), reason="this machine gives no namespaces")
LEVELS = [pytest.param(level, marks=_WITHOUT_NAMESPACES if level is Isolation.NAMESPACES else ()) for level in SAFE]
