"""One run from claim to result: the workflow that the engine calls.

The engine starts it at least once; a restarted run is executed again from its beginning, and only the execution that
still owns the run can record its ending (QUEUE.md, b').
"""

import asyncio
from functools import lru_cache
from typing import Any

import structlog
from dbos import DBOS, DBOSPortableJSONSerializer, SQLAlchemyDatasource
from dbos._error import DBOSWorkflowConflictIDError
from sqlalchemy.orm import sessionmaker
from sqlmodel import Session

from app.core.blobs import get_blobs
from app.core.caps import RunCaps, caps_of
from app.core.database import get_engine, make_engine, session_scope
from app.core.jobs import MAX_RECOVERIES, WORKFLOW, get_jobs
from app.core.pause import is_paused
from app.core.runs import Superseded, add_event, begin
from app.core.tables import Run, Submission
from worker.announce import announce
from worker.execution import execute
from worker.job import job_folder, order_of, submission_of
from worker.post import Post, active, current_post, is_stopping
from worker.record import internal_report, record, report_of
from worker.story import Story

log = structlog.get_logger()

# A full disk or a lost database connection may pass; after the third try it is recorded as `internal`.
TRIES = 3
RETRY_INTERVAL_S = 1.0
# How soon a paused run notices that it may go on.
PAUSE_LOOK_S = 1.0


@lru_cache
def get_datasource() -> SQLAlchemyDatasource:
    """The engine's transactions on our tables, fenced by the run's owner.

    It has a pool of its own: it changes the isolation level of its connections, and ours must keep theirs.
    """
    url = get_engine().url.render_as_string(hide_password=False)
    return SQLAlchemyDatasource.create(
        url,
        engine=make_engine(url),
        serializer=DBOSPortableJSONSerializer(),
        sessionmaker=sessionmaker(class_=Session, expire_on_commit=False),
        run_migrations=False,
    )


@DBOS.workflow(name=WORKFLOW, max_recovery_attempts=MAX_RECOVERIES)
def run(run_id: str) -> None:
    """Execute a run and record its ending.

    Synchronous around an event loop of its own: each run has its own thread, and the database calls of one do not
    hold up the pipes of another.
    """
    with active(run_id):
        report = _report(run_id)
        datasource = get_datasource()
        datasource.run_tx_step({"name": "record"}, lambda: record(_session(datasource), run_id, report))
        log.info("run ended", run=run_id, outcome=str(report["outcome"]))
        announce(run_id)


def _report(run_id: str) -> dict[str, Any]:
    try:
        return asyncio.run(execute_run(run_id))
    except Exception as error:  # whatever it was, it is our fault, and the student must hear so instead of waiting
        if is_stopping():
            raise DBOSWorkflowConflictIDError(run_id) from error
        log.exception("run failed on our side", run=run_id)
        return internal_report()


def _session(datasource: SQLAlchemyDatasource) -> Session:
    session = datasource.sql_session()
    if not isinstance(session, Session):
        raise TypeError(f"expected a sqlmodel Session, got {type(session)}")
    return session


@DBOS.step(preemptible=True, retries_allowed=True, max_attempts=TRIES, interval_seconds=RETRY_INTERVAL_S)
async def execute_run(run_id: str) -> dict[str, Any]:
    """Execute a run once. The engine cancels this within about a second when the run is cancelled."""
    try:
        return await _execute(run_id, current_post())
    except Superseded as error:
        log.warning("run was taken over by another worker", run=run_id)
        # The engine's own word for it: nothing of this execution is recorded or tried again.
        raise DBOSWorkflowConflictIDError(run_id) from error


async def _execute(run_id: str, post: Post) -> dict[str, Any]:
    await _until_not_paused()
    start, submission, seed, caps = _begin(run_id, post)

    def emit(kind: str, data: dict[str, Any]) -> None:
        with session_scope() as session:
            add_event(session, run_id, start, kind, data)

    with job_folder(post.settings, post.executor_id, f"{run_id}-{start}") as folder:
        order = order_of(submission, folder, post.dataset, get_blobs(), post.settings, seed, caps)
        story = Story(emit, _steps(order.epochs, submission.recipe, post))
        ending = await execute(order, story, post.sandbox)
        return report_of(ending, start, get_blobs())


async def _until_not_paused() -> None:
    """Wait while the teacher has paused the queue. Cancelling reaches a run that waits here, too."""
    while _is_paused():
        await asyncio.sleep(PAUSE_LOOK_S)


def _is_paused() -> bool:
    with session_scope() as session:
        return is_paused(session)


def _begin(run_id: str, post: Post) -> tuple[int, Submission, int | None, RunCaps]:
    """Note the start; returns its number, what is to be run, the seed if it is not the recipe's, and the caps.

    A worker that was frozen and tries again must not push out the one that holds the run now.
    """
    if get_jobs().holder(run_id) != post.executor_id:
        raise Superseded(run_id)
    with session_scope() as session:
        submission, seed = submission_of(session, run_id), session.get_one(Run, run_id).seed
        caps = caps_of(session, submission)
        start = begin(session, run_id, post.executor_id, post.sandbox.isolation)
    log.info("run begins", run=run_id, start=start, model=submission.model or submission.model_file_name, seed=seed)
    return start, submission, seed, caps


def _steps(epochs: int, recipe: dict[str, Any], post: Post) -> int:
    """Steps of the whole training: the last batch of an epoch may be a smaller one."""
    return epochs * -(-post.dataset.train_size // int(recipe["batch_size"]))
