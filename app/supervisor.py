"""Keeps the web and a worker running: restarts either if it dies, stops both when it is stopped itself."""

import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field

import structlog

log = structlog.get_logger()

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
# A process that ran this long was healthy; its next death is a new story, not a loop.
HEALTHY_AFTER_S = 30.0
# A web request or the hand-over of a run may take this long; then the process is killed.
STOP_S = 15.0
LOOK_INTERVAL_S = 0.2


@dataclass
class Charge:
    """A supervised process: its command, and how its last starts went."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    restart_at: float = 0.0
    pause_s: float = FIRST_PAUSE_S


@dataclass
class Supervisor:
    """Runs its charges until told to stop."""

    charges: list[Charge]
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Start all and look after them until SIGINT or SIGTERM; then stop all."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.stopping.set())
        try:
            while not self.stopping.wait(LOOK_INTERVAL_S):
                for charge in self.charges:
                    look_after(charge)
        finally:
            stop_all(self.charges)


def look_after(charge: Charge) -> None:
    """Start a charge that is not running, unless its pause is not over."""
    now = time.monotonic()
    if charge.process is not None and charge.process.poll() is not None:
        _note_death(charge, now)
    if charge.process is None and now >= charge.restart_at:
        # Standard input is the lifeline (app/lifeline.py). A session of its own, so that Ctrl-C in the terminal
        # reaches only us and we stop the charges in good order.
        charge.started_at = now
        try:
            charge.process = subprocess.Popen(charge.command, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603
        except OSError as error:  # no memory or no process number is left; that may pass
            charge.restart_at = now + LONGEST_PAUSE_S
            log.warning("process cannot be started", name=charge.name, reason=str(error))


def _note_death(charge: Charge, now: float) -> None:
    status = charge.process.returncode if charge.process else None
    healthy = now - charge.started_at > HEALTHY_AFTER_S
    charge.pause_s = FIRST_PAUSE_S if healthy else min(charge.pause_s * 2, LONGEST_PAUSE_S)
    charge.restart_at = now + charge.pause_s
    _close_lifeline(charge)
    charge.process = None
    log.warning("process died and will be restarted", name=charge.name, status=status, in_s=charge.pause_s)


def _close_lifeline(charge: Charge) -> None:
    if charge.process is not None and charge.process.stdin is not None:
        charge.process.stdin.close()


def stop_all(charges: list[Charge]) -> None:
    """Ask all to stop, wait, and kill those that do not."""
    running = [charge.process for charge in charges if charge.process is not None]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + STOP_S
    for process in running:
        try:
            process.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("process did not stop and is killed", pid=process.pid)
            process.kill()
            process.wait()
    for charge in charges:
        _close_lifeline(charge)


def charges() -> list[Charge]:
    """The web and one worker, run by this Python."""
    base = [sys.executable, "-m", "app.cli"]
    return [Charge("web", [*base, "web", "--supervised"]), Charge("worker", [*base, "worker", "--supervised"])]
