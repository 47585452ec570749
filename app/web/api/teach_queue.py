"""The teacher's console: what the service does, and the queue."""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from app.core import run_queue
from app.core.database import session_scope
from app.core.disk_space import measure_disk
from app.core.jobs import get_jobs
from app.core.outcomes import Fault
from app.core.pause import is_paused, set_paused
from app.core.run_queue import ActiveRun
from app.core.tables import User
from app.core.today import count_today
from app.web.api.bodies import json_body, problems
from app.web.api.shapes import read_known
from app.web.api.status import WorkerBody, worker_body
from app.web.api.teaching import Teacher
from app.web.workers_view import service_status

router = APIRouter(tags=["class"])


class QueueRun(BaseModel):
    """A run that waits or is under way."""

    run: str = Field(examples=["01a20a58-97f0-75fd-9a51-00ca04451ed2"])
    submission: int = Field(examples=[12])
    title: str = Field(examples=["lenet-slim"])
    handle: str = Field(examples=["zhou-yi"])
    seed: int | None = Field(description="of a repetition with another seed")
    again: bool = Field(description="whether it evaluates a submission again that has a result")
    created: datetime
    running: bool = Field(description="whether a worker has begun it")
    worker: str | None = Field(description="the worker that has it; while the queue is paused it waits there")
    movable: bool = Field(description="whether its place in the queue can be changed")


class Queue(BaseModel):
    """The running ones first, then in the order in which they will start."""

    paused: bool
    runs: list[QueueRun]


class Wish(BaseModel):
    """Where a waiting run is to go."""

    to: Literal["front", "up", "down", "end"] = Field(examples=["front"])


class ConsoleWorker(WorkerBody):
    """A worker with what it does."""

    runs: list[QueueRun] = Field(description="what it has begun, and what it will begin once the queue goes on")


class TodayBody(BaseModel):
    """Counts since midnight on the class' clock. Failures by whose they were."""

    submitted: int
    finished: int
    failed_submitter: int = Field(description="runs that failed by their network, file or settings")
    failed_ours: int = Field(description="runs that failed by this service; nobody was charged")
    cancelled: int


class DiskBody(BaseModel):
    """Bytes. Free and total are of the disk under DATA_DIR, the files wherever they are kept."""

    free_bytes: int
    total_bytes: int
    files_bytes: int = Field(description="of all uploads and trained weights")
    files: int


class Console(BaseModel):
    """What the service does."""

    workers: list[ConsoleWorker]
    running: int
    waiting: int
    paused: bool
    today: TodayBody
    disk: DiskBody


@router.get(
    "/teach/console",
    operation_id="getConsole",
    summary="Workers, disk and today's counts",
    responses=problems(401, 403),
)
def get_console(request: Request, caller: Teacher) -> Console:
    """For teachers."""
    with session_scope() as session:
        runs = run_queue.active_runs(session, get_jobs())
        workers = service_status(session, get_jobs()).workers
        return Console(
            workers=[
                ConsoleWorker(
                    **worker_body(each, request).model_dump(),
                    runs=[_queue_run(run) for run in runs if run.holder == each.name],
                )
                for each in workers
            ],
            running=sum(each.is_running for each in runs),
            waiting=sum(not each.is_running for each in runs),
            paused=is_paused(session),
            today=_today(session),
            disk=_disk(),
        )


def _today(session: Session) -> TodayBody:
    found = count_today(session, get_jobs())
    return TodayBody(
        submitted=found.submitted,
        finished=found.finished,
        failed_submitter=found.failed[Fault.SUBMITTER],
        failed_ours=found.failed[Fault.OURS],
        cancelled=found.failed[Fault.NOBODY],
    )


def _disk() -> DiskBody:
    found = measure_disk()
    return DiskBody(
        free_bytes=found.free_bytes, total_bytes=found.total_bytes, files_bytes=found.blobs_bytes, files=found.blobs
    )


def _queue_run(each: ActiveRun) -> QueueRun:
    return QueueRun(
        run=each.run.id,
        submission=each.submission.number or 0,
        title=each.submission.title,
        handle=each.author.handle,
        seed=each.run.seed,
        again=each.run.reevaluated_by is not None,
        created=each.run.created,
        running=each.is_running,
        worker=each.holder or None,
        movable=each.may_move,
    )


@router.get("/teach/queue", operation_id="getQueue", summary="What runs and waits", responses=problems(401, 403))
def get_queue(caller: Teacher) -> Queue:
    """For teachers."""
    return _queue()


def _queue() -> Queue:
    with session_scope() as session:
        runs = run_queue.active_runs(session, get_jobs())
        return Queue(paused=is_paused(session), runs=[_queue_run(each) for each in runs])


@router.post("/teach/queue/pause", operation_id="pauseQueue", summary="Start no new run", responses=problems(401, 403))
def post_pause(caller: Teacher) -> Queue:
    """For teachers. What runs goes on."""
    return _set_paused(caller, True)


@router.post(
    "/teach/queue/resume", operation_id="resumeQueue", summary="Start runs again", responses=problems(401, 403)
)
def post_resume(caller: Teacher) -> Queue:
    """For teachers."""
    return _set_paused(caller, False)


def _set_paused(caller: User, paused: bool) -> Queue:
    with session_scope() as session:
        set_paused(session, caller, paused)
    return _queue()


@router.post(
    "/teach/runs/{run_id}/move",
    operation_id="moveRun",
    summary="Let a waiting run start earlier or later",
    responses=problems(400, 401, 403, 404, 409, 413, 415, 422),
    openapi_extra=json_body(Wish),
)
async def post_move(run_id: str, request: Request, caller: Teacher) -> Queue:
    """For teachers. Runs that are submitted later get their turn as ever: the front is before them, the end is not."""
    sent = await read_known(request, Wish)
    return await run_in_threadpool(_move, run_id, str(sent.get("to", "")), caller)


def _move(run_id: str, to: str, caller: User) -> Queue:
    with session_scope() as session:
        run_queue.move_run(session, get_jobs(), caller, run_id, to)
    return _queue()


@router.post(
    "/teach/runs/{run_id}/cancel",
    operation_id="cancelRun",
    summary="Stop a run",
    responses=problems(401, 403, 404, 409),
)
def post_cancel(run_id: str, caller: Teacher) -> Queue:
    """For teachers. Its submission stays and can be run again."""
    with session_scope() as session:
        run_queue.cancel_run(session, get_jobs(), caller, run_id)
    return _queue()
