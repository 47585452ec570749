"""A worker's heart: says that it lives, and gives the runs of dead workers back to the queue."""

import threading

import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.core.database import session_scope
from app.core.heartbeats import announce, beat, forget, leave, silent, workers
from app.core.jobs import Jobs
from app.core.settings import Settings
from worker.job import remove_folders_of_the_dead

log = structlog.get_logger()

FORGET_AFTER_S = 24 * 3600


class Heart:
    """Beats in a thread of its own, so that no run, however busy, can make its worker look dead."""

    def __init__(self, executor_id: str, host: str, device: str, jobs: Jobs, settings: Settings) -> None:
        self.executor_id, self.host, self.device = executor_id, host, device
        self.jobs, self.settings = jobs, settings
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._live, name="heart", daemon=True)

    def start(self) -> None:
        """Announce this worker, then beat until stopped."""
        with session_scope() as session:
            announce(session, self.executor_id, self.host, self.device)
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
            except SQLAlchemyError as error:
                # The database is away; the next beat tries again, and until then nobody else can take our runs.
                log.warning("heartbeat failed", error=str(error)[:300])

    def beat_once(self) -> list[str]:
        """One beat: say that we live, then take over from the dead. Returns the runs given back to the queue."""
        with session_scope() as session:
            if not beat(session, self.executor_id):
                announce(session, self.executor_id, self.host, self.device)
            forget(session, FORGET_AFTER_S)
        holders = self.jobs.executors_with_runs() - {self.executor_id}
        with session_scope() as session:
            dead = silent(session, holders, self.settings.lease_s)
        recovered = self.jobs.recover(sorted(dead))
        if recovered:
            log.warning("runs of silent workers are queued again", workers=sorted(dead), runs=recovered)
        self._tidy()
        return recovered

    def _tidy(self) -> None:
        with session_scope() as session:
            known = {worker.executor_id for worker in workers(session)}
            living = known - silent(session, known, self.settings.lease_s)
        remove_folders_of_the_dead(self.settings, living | {self.executor_id})
