"""A worker's heart: says that it lives, and gives the runs of dead workers back to the queue."""

import math
import socket
import threading
import time
from collections.abc import Callable

import structlog
from sqlmodel import Session

from app.core.announcements import announce_given_up
from app.core.database import session_scope
from app.core.heartbeats import announce, beat, forget, leave, silent, workers
from app.core.jobs import Jobs
from app.core.notifications import forget_old
from app.core.settings import Settings
from app.core.webhook_deliveries import forget_old_deliveries
from worker.job import remove_folders_of_the_dead
from worker.sandbox.choice import Sandbox

log = structlog.get_logger()

FORGET_AFTER_S = 24 * 3600
FORGET_EVERY_S = 3600.0


class Heart:
    """Beats in a thread of its own, so that no run, however busy, can make its worker look dead.

    `active_runs` says which runs and checks have a thread in this process; `sandbox` is what it tells of itself;
    `clock` counts seconds.
    """

    def __init__(
        self,
        executor_id: str,
        jobs: Jobs,
        settings: Settings,
        active_runs: Callable[[], set[str]],
        sandbox: Sandbox,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.executor_id, self.jobs, self.settings = executor_id, jobs, settings
        self._active_runs, self._sandbox, self._clock = active_runs, sandbox, clock
        self._last_beat_at: float | None = None
        self._patient_until = -math.inf
        self._forget_messages_at = -math.inf
        self._idle_since: dict[str, float] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._live, name="heart", daemon=True)

    def start(self) -> None:
        """Announce this worker, then beat until stopped."""
        self._say_that_we_live()
        self._thread.start()

    def stop(self) -> None:
        """Stop beating and leave, so that nobody waits for this worker's silence."""
        self._stop.set()
        self._thread.join(timeout=10)
        with session_scope() as session:
            leave(session, self.executor_id)

    def _live(self) -> None:
        while not self._stop.wait(self.settings.heartbeat_interval_s):
            try:
                self.beat_once()
            except Exception as error:  # noqa: BLE001 - a worker without a heart loses its runs again and again
                log.warning("heartbeat failed and will be tried again", error=str(error)[:300])

    def beat_once(self) -> list[str]:
        """One beat: say that we live, then take over from the dead. Returns the runs given back to the queue."""
        self._say_that_we_live()
        recovered = self._give_back_our_own()
        if self._clock() >= self._patient_until:
            recovered += self._take_over()
            self._tidy()
        return recovered

    def _say_that_we_live(self) -> None:
        with session_scope() as session:
            if not beat(session, self.executor_id):
                isolation, refusal = self._sandbox.isolation, self._sandbox.refusal
                announce(session, self.executor_id, socket.gethostname(), "cpu", isolation, refusal)
            forget(session, FORGET_AFTER_S)
        now = self._clock()
        if self._last_beat_at is not None and now - self._last_beat_at > self.settings.lease_s:
            # The database was away, or this machine slept: then the others could not beat either. Let them first.
            self._patient_until = now + self.settings.lease_s
        self._last_beat_at = now

    def _give_back_our_own(self) -> list[str]:
        """Runs that the engine counts as ours although no thread here has them.

        So it is after an ending that could not be written, for example to a full disk: nobody else would take the run,
        because its worker lives.
        """
        now = self._clock()
        idle = set(self.jobs.runs_of(self.executor_id)) - self._active_runs()
        self._idle_since = {run_id: self._idle_since.get(run_id, now) for run_id in idle}
        # A run that was claimed a moment ago may not have its thread yet.
        overdue = [run_id for run_id, since in self._idle_since.items() if now - since > self.settings.lease_s]
        recovered = [run_id for run_id in overdue if self.jobs.requeue(run_id, self.executor_id)]
        if recovered:
            log.warning("runs of ours that nobody executes are queued again", runs=recovered)
        return recovered

    def _take_over(self) -> list[str]:
        holders = self.jobs.executors_with_runs() - {self.executor_id}
        with session_scope() as session:
            dead = silent(session, holders, self.settings.lease_s)
        recovered = self.jobs.recover(sorted(dead))
        if recovered:
            log.warning("runs of silent workers are queued again", workers=sorted(dead), runs=recovered)
        return recovered

    def _tidy(self) -> None:
        with session_scope() as session:
            announce_given_up(session, self.jobs)
            self._forget_old_messages(session)
            known = {worker.executor_id for worker in workers(session)}
            living = known - silent(session, known, self.settings.lease_s)
        remove_folders_of_the_dead(self.settings, living | {self.executor_id})

    def _forget_old_messages(self, session: Session) -> None:
        """Once an hour: nobody waits for it."""
        if self._clock() >= self._forget_messages_at:
            self._forget_messages_at = self._clock() + FORGET_EVERY_S
            forget_old(session)
            forget_old_deliveries(session)
