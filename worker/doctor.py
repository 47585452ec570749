"""What this machine offers for running uploaded code, what that means, and how to improve it."""

import asyncio
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from app.core.settings import Settings
from worker.sandbox import kernel, landlock
from worker.sandbox.isolation import SAFE, Isolation
from worker.sandbox.self_test import reasons_against
from worker.sandbox.starters import ColdStarter
from worker.sandbox.syscalls import UnknownProcessor, machine

MEANING = {
    Isolation.NAMESPACES: "uploads run with a file system, processes and network of their own",
    Isolation.LANDLOCK: "uploads run behind Landlock and seccomp, but can learn that a file exists and how large it is",
    Isolation.LIMITS: "uploaded code is refused; models of the zoo, and .safetensors weights for them, are run",
    Isolation.LIMITS_NO_MEMORY: "uploaded code is refused; models of the zoo run without a bound on their memory",
}
# Switches that take user namespaces away, and the value that gives them back.
NAMESPACE_SWITCHES = {
    "/proc/sys/kernel/unprivileged_userns_clone": "1",
    "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "0",
}
MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class Finding:
    """One line of the report; `advice` is empty where there is nothing to improve."""

    what: str
    found: str
    is_good: bool
    advice: str = ""


def examine(settings: Settings, console: Console, is_json: bool = False) -> int:
    """Print the report, for people or as JSON; 0 if uploaded code can be run here, else 1."""
    findings = [look() for look in (_system, _processor, _user, _namespaces, _landlock)]
    findings += [_memory(settings), *_levels(settings)]
    best = _best(findings)
    if is_json:
        console.file.write(json.dumps(_as_json(findings, best), ensure_ascii=False, indent=2) + "\n")
        return 0 if best.may_run_uploads else 1
    console.print(_table(findings))
    console.print(f"\nA worker here takes the level [bold]{best}[/]: {MEANING[best]}.")
    for finding in findings:
        if finding.advice:
            console.print(f"- {finding.advice}")
    return 0 if best.may_run_uploads else 1


def _as_json(findings: list[Finding], best: Isolation) -> dict[str, Any]:
    found = [asdict(finding) for finding in findings]
    return {"level": best, "meaning": MEANING[best], "runs_uploads": best.may_run_uploads, "findings": found}


def _table(findings: list[Finding]) -> Table:
    table = Table("", "What", "Found", box=None, pad_edge=False)
    for finding in findings:
        table.add_row("[green]ok[/]" if finding.is_good else "[red]no[/]", finding.what, finding.found)
    return table


def _best(findings: list[Finding]) -> Isolation:
    good = {finding.what for finding in findings if finding.is_good}
    held = [level for level in SAFE if _title(level) in good]
    if held:
        return held[0]
    return Isolation.LIMITS_NO_MEMORY if sys.platform == "darwin" else Isolation.LIMITS


def _system() -> Finding:
    found = f"{platform.system()} {platform.release()}"
    if sys.platform == "linux":
        return Finding("System", found, True)
    advice = "Only Linux has what the sandbox is made of. Run the worker in a Linux machine, e.g. with Docker Desktop."
    return Finding("System", found, False, advice)


def _processor() -> Finding:
    try:
        return Finding("Processor", machine(), True)
    except UnknownProcessor as error:
        return Finding("Processor", platform.machine(), False, str(error))


def _user() -> Finding:
    if os.geteuid() == 0:
        return Finding("User", "root; each run gets a user of its own", True)
    return Finding("User", f"number {os.geteuid()}, not root", True)


def _namespaces() -> Finding:
    """Tried in a process of its own: whoever leaves its namespaces cannot come back."""
    if sys.platform != "linux":
        return Finding("Namespaces", "none", False)
    flags = kernel.CLONE_NEWNS | (0 if os.geteuid() == 0 else kernel.CLONE_NEWUSER)
    error = _error_of(lambda: kernel.unshare(flags))
    if not error:
        return Finding("Namespaces", "can be made", True)
    return Finding("Namespaces", error, False, _namespace_advice())


def _namespace_advice() -> str:
    for name, good in NAMESPACE_SWITCHES.items():
        path = Path(name)
        if path.exists() and path.read_text().strip() != good:
            setting = name.removeprefix("/proc/sys/").replace("/", ".")
            return f"Namespaces are switched off: as root, sysctl -w {setting}={good}; keep it in /etc/sysctl.d."
    return (
        "Namespaces cannot be made here, as in a container with Docker's default profile. The level landlock does "
        "without them; give the container memory, process and network limits of its own (see docker-compose.yml)."
    )


def _error_of(action: Callable[[], None]) -> str:
    """The error of an action done in a fork; empty if it worked."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            action()
        except OSError as error:
            os.write(writer, str(error).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        said = pipe.read()
    os.waitpid(pid, 0)
    return said


def _landlock() -> Finding:
    found = landlock.version() if sys.platform == "linux" else 0
    if found >= landlock.LEAST_VERSION:
        return Finding("Landlock", f"version {found}", True)
    advice = (
        f"Landlock {landlock.LEAST_VERSION} needs Linux 6.2 or later with landlock among the names in "
        "/sys/kernel/security/lsm; add it to the boot parameter lsm=."
    )
    return Finding("Landlock", f"version {found}" if found else "none", False, advice)


def _memory(settings: Settings) -> Finding:
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    wanted = settings.memory_limit_bytes * settings.worker_concurrency
    found = f"{total // MEBIBYTE:,} MB here; runs may take {wanted // MEBIBYTE:,} MB"
    if wanted < total * 3 // 4:
        return Finding("Memory", found, True)
    return Finding("Memory", found, False, "Lower MEMORY_LIMIT_BYTES or WORKER_CONCURRENCY, or add memory.")


def _title(level: Isolation) -> str:
    return f"Level {level}"


def _levels(settings: Settings) -> list[Finding]:
    """What really counts: a canary that tries to get out, at each level."""
    findings = []
    with tempfile.TemporaryDirectory(prefix="doctor-") as folder:
        needed = Path(folder, "needed")
        needed.touch()
        needed.chmod(0o644)
        Path(folder).chmod(0o755)  # where this is root, the canary is another user
        starter = ColdStarter()
        for level in SAFE:
            reasons = asyncio.run(reasons_against(level, starter, needed, settings.memory_limit_bytes))
            found = "; ".join(reasons) or "holds: a canary could not get out"
            findings.append(Finding(_title(level), found, not reasons))
        starter.close()
    return findings
