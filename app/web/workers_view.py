"""The workers and the queue, for the status page and its twin in the API."""

from dataclasses import dataclass

from sqlmodel import Session

from app.core.heartbeats import silence_s, workers
from app.core.jobs import Jobs
from app.core.run_queue import under_way_and_waiting
from app.core.sentences import Sentence
from app.core.settings import get_settings
from app.core.version import app_version


@dataclass(frozen=True)
class WorkerLine:
    """A worker heard of in the last day."""

    name: str
    host: str
    device: str
    silence_s: float
    is_living: bool
    isolation: str
    refusal: Sentence | None

    @property
    def runs_code(self) -> bool:
        """Whether it takes uploaded code."""
        return self.refusal is None


@dataclass(frozen=True)
class ServiceStatus:
    """What runs here."""

    version: str
    workers: list[WorkerLine]
    running: int
    queued: int

    @property
    def living(self) -> list[WorkerLine]:
        """The workers that were heard of just now."""
        return [worker for worker in self.workers if worker.is_living]


def service_status(session: Session, jobs: Jobs) -> ServiceStatus:
    """The present state."""
    running, queued = under_way_and_waiting(session, jobs)
    return ServiceStatus(app_version(), _lines(session), len(running), len(queued))


def _lines(session: Session) -> list[WorkerLine]:
    found = workers(session)
    lease_s = get_settings().lease_s
    return [
        WorkerLine(
            name=heartbeat.executor_id,
            host=heartbeat.host,
            device=heartbeat.device,
            silence_s=silence,
            is_living=silence <= lease_s,
            isolation=heartbeat.isolation,
            refusal=Sentence.from_json(heartbeat.refusal) if heartbeat.refusal else None,
        )
        for heartbeat, silence in zip(found, silence_s(session, found), strict=True)
    ]
