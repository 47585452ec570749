"""The workers and the queue."""

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from app.core.database import session_scope
from app.core.jobs import get_jobs
from app.core.settings import get_settings
from app.web.api.wording import words
from app.web.isolation_words import isolation_words
from app.web.workers_view import WorkerLine, service_status

router = APIRouter(tags=["status"])


class WorkerBody(BaseModel):
    """A worker heard of in the last day."""

    name: str = Field(examples=["lab-3:4711:9f86d081"])
    host: str
    device: str
    last_beat_age_s: float
    is_living: bool = Field(description="whether it was heard of just now")
    isolation: str = Field(examples=["namespaces"], description="how it shuts runs in")
    isolation_words: str
    runs_code: bool = Field(description="whether it takes uploaded code")
    refusal: str | None = Field(description="why it takes none, in the language of Accept-Language")


class StatusBody(BaseModel):
    """What runs here."""

    version: str = Field(examples=["0.1.0"])
    dataset: str = Field(examples=["mnist"])
    running: int
    queued: int
    runs_code: bool = Field(description="whether a living worker takes uploaded code")
    workers: list[WorkerBody]


@router.get("/status", operation_id="getStatus", summary="The workers and the queue")
def get_status(request: Request) -> StatusBody:
    """Public."""
    with session_scope() as session:
        status = service_status(session, get_jobs())
    return StatusBody(
        version=status.version,
        dataset=get_settings().dataset,
        running=status.running,
        queued=status.queued,
        runs_code=any(worker.runs_code for worker in status.living),
        workers=[worker_body(line, request) for line in status.workers],
    )


def worker_body(line: WorkerLine, request: Request) -> WorkerBody:
    """A worker, in the language of the request."""
    return WorkerBody(
        name=line.name,
        host=line.host,
        device=line.device,
        last_beat_age_s=round(line.silence_s, 1),
        is_living=line.is_living,
        isolation=line.isolation,
        isolation_words=words(request, isolation_words(line.isolation)),
        runs_code=line.runs_code,
        refusal=words(request, line.refusal) if line.refusal else None,
    )
