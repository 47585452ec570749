"""What the child may read: the interpreter, the libraries of its environment, its own code. Nothing else of ours."""

import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

import models_zoo
import worker

# Where the dynamic loader looks, on any distribution; those that do not exist are left out.
SYSTEM_LIBRARIES = (
    "/lib",
    "/lib32",
    "/lib64",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/local/lib",
    "/etc/ld.so.cache",
)
# How many processors there are and what they can do: torch and onnxruntime ask.
MACHINE = ("/sys/devices/system/cpu", "/sys/devices/system/node")
# Not /dev/zero: mapped and shared, it is memory that nothing counts.
DEVICES = ("/dev/null", "/dev/random", "/dev/urandom")
# Of /proc only these files: also where it shows no other process it has much of the machine's, and without namespaces
# the folder /proc/self would bring /proc/self/net along, with everybody's connections.
PROCESS = (
    *(f"/proc/self/{name}" for name in ("maps", "smaps_rollup", "status", "stat", "statm", "cmdline", "comm", "fd")),
    *(f"/proc/{name}" for name in ("cpuinfo", "meminfo", "stat", "filesystems")),
)


def libraries() -> list[str]:
    """Folders and files that Python needs for importing anything that is installed, none inside another."""
    folders = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    folders |= {str(sysconfig.get_config_var("LIBDIR")), *SYSTEM_LIBRARIES}
    folders |= {entry for entry in sys.path if entry and not _holds_our_code(Path(entry))}
    return _outermost(path for path in folders if Path(path).is_absolute() and Path(path).exists())


def own_code() -> list[str]:
    """The child's code and the zoo; the rest of the package stays out of sight."""
    package = Path(worker.__path__[0])
    return [str(path) for path in (package / "__init__.py", package / "child", package / "sandbox", *_zoo())]


def _zoo() -> list[Path]:
    return [Path(path) for path in models_zoo.__path__]


def _holds_our_code(folder: Path) -> bool:
    """A checkout on the path (an editable install) holds the database and the history beside the code."""
    is_site = folder.name in ("site-packages", "dist-packages")
    return not is_site and (folder / "worker").is_dir()


def _outermost(paths: Iterable[str]) -> list[str]:
    """Without those that lie inside another one, the shortest first."""
    kept: list[str] = []
    for path in sorted(paths, key=len):
        if not any(Path(path).is_relative_to(outer) for outer in kept):
            kept.append(path)
    return kept
