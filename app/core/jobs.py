"""The one façade over DBOS, the job engine: submit, cancel, status, position, recover.

The engine owns execution (queued, running, cancelled, given up); our tables own facts and results. Nothing here runs
a job: workers do, in `worker/`. Source of the design: QUEUE.md, sections 5 and 6.
"""

import logging
from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import lru_cache

import sqlalchemy as sa
from dbos import (
    DBOSClient,
    DBOSPortableJSONSerializer,
    EnqueueOptions,
    SQLAlchemyDatasource,
    WorkflowSerializationFormat,
    WorkflowStatus,
)
from dbos._error import DBOSAwaitedWorkflowCancelledError, DBOSInitializationError, DBOSWorkflowCancelledError
from sqlmodel import Session

from app.core.database import begin_writing, get_engine, make_engine
from app.core.errors import NotReady
from app.core.queue_order import Move, Turn, moved
from app.core.sentences import N_, Sentence

APPLICATION_NAME = "mnist-benchmark"
# Constant on purpose: by default it is a hash of the code, and runs of the code before an update would wait for ever.
APPLICATION_VERSION = "1"
QUEUE = "runs"
WORKFLOW = "run"
# Somebody waits for a check: it must not stand behind runs that take minutes, so it has a queue of its own.
CHECK_QUEUE = "checks"
CHECK_WORKFLOW = "check"
CHECKS_AT_ONCE = 1
# What is told to other servers waits for nothing of ours, and nothing of ours for it.
WEBHOOK_QUEUE = "webhooks"
WEBHOOK_WORKFLOW = "deliver"
# Each waits seconds for somebody else's server and needs no more than a thread.
DELIVERIES_AT_ONCE = 4
# Behind everything that a student waits for: nobody has as many unfinished runs.
REEVALUATION_PRIORITY = 1_000_000
# DBOS allows one start more than this number; a run whose worker died three times is given up as `crashed`.
MAX_RECOVERIES = 2


class _NoFalseAlarm(logging.Filter):
    """Drops what DBOS reports as trouble and is none.

    A traceback for every cancelled run, which is what a student asked for; and a look for cancelled runs that comes
    after this process has begun to stop.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if isinstance(error, DBOSAwaitedWorkflowCancelledError | DBOSWorkflowCancelledError):
            return False
        return "cannot schedule new futures after shutdown" not in record.getMessage()


logging.getLogger("dbos").addFilter(_NoFalseAlarm())
logging.getLogger("dbos").setLevel(logging.WARNING)


class EngineState(StrEnum):
    """What the engine says of a run."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    GIVEN_UP = "given_up"
    FAILED = "failed"


ENGINE_STATES = {
    "ENQUEUED": EngineState.QUEUED,
    "DELAYED": EngineState.QUEUED,
    "PENDING": EngineState.RUNNING,
    "SUCCESS": EngineState.FINISHED,
    "CANCELLED": EngineState.CANCELLED,
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": EngineState.GIVEN_UP,
    "ERROR": EngineState.FAILED,
}


class Jobs:
    """The engine's side of runs and checks, over the database that our tables are in."""

    def __init__(self, engine: sa.Engine) -> None:
        # A pool of its own: whoever asks the engine something holds a connection of our pool meanwhile, and thirty who
        # each wait for a second one from the same pool would wait for each other for ever.
        self.engine = make_engine(engine.url.render_as_string(hide_password=False), pool_size=5, max_overflow=10)
        self.client = DBOSClient(
            system_database_engine=self.engine,
            serializer=DBOSPortableJSONSerializer(),
            application_name=APPLICATION_NAME,
            lazy=True,
        )

    def submit(self, session: Session, run_id: str, user_id: int, unfinished_runs: int) -> None:
        """Queue a run within the caller's transaction: it exists exactly if the submission does.

        Priority is the student's unfinished runs + 1 (1 goes first), so that one who queues twenty does not keep
        another with two waiting. The run's id is the workflow's id: queueing twice gives one job.
        """
        self._enqueue(session, (QUEUE, WORKFLOW), run_id, user_id, unfinished_runs + 1)

    def submit_reevaluation(self, session: Session, run_id: str, user_id: int) -> None:
        """Queue a run that a teacher asked for within the caller's transaction, behind all that students wait for."""
        self._enqueue(session, (QUEUE, WORKFLOW), run_id, user_id, REEVALUATION_PRIORITY)

    def submit_check(self, session: Session, check_id: str, user_id: int, unfinished_checks: int = 0) -> None:
        """Queue a quick check within the caller's transaction; checks wait for checks only, never for runs."""
        self._enqueue(session, (CHECK_QUEUE, CHECK_WORKFLOW), check_id, user_id, unfinished_checks + 1)

    def submit_delivery(
        self,
        session: Session,
        delivery_id: str,
        user_id: int,
        webhook_id: int,
        body: str,
        tries: int = 0,
        delay_s: float = 0,
    ) -> None:
        """Queue one try to deliver a body to a webhook, within the caller's transaction.

        `tries` have failed before; this one starts after `delay_s`. The same delivery and try is queued once.
        """
        job_id = f"{delivery_id}-{tries}"
        what = (WEBHOOK_QUEUE, WEBHOOK_WORKFLOW)
        self._enqueue(session, what, job_id, user_id, 1, (delivery_id, webhook_id, body, tries), delay_s)

    def _enqueue(
        self,
        session: Session,
        what: tuple[str, str],
        job_id: str,
        user_id: int,
        priority: int,
        arguments: tuple[str | int, ...] | None = None,
        delay_s: float = 0,
    ) -> None:
        """Queue a workflow; its argument is its own id unless others are given."""
        queue, workflow = what
        options: EnqueueOptions = {
            "workflow_name": workflow,
            "queue_name": queue,
            "workflow_id": job_id,
            "app_version": APPLICATION_VERSION,
            "priority": priority,
            "authenticated_user": str(user_id),
            # The default is pickle: whoever can write to the database could then run code in the workers.
            "serialization_type": WorkflowSerializationFormat.PORTABLE,
        }
        if delay_s:
            options["delay_seconds"] = delay_s
        self.client.enqueue_in_transaction(session, options, *((job_id,) if arguments is None else arguments))

    def cancel(self, run_id: str) -> None:
        """Cancel a queued or running run, or check. A running child is killed within two seconds by its worker."""
        self.client.cancel_workflow(run_id)

    def states(self, run_ids: Sequence[str]) -> dict[str, EngineState]:
        """What the engine says of these runs; those that it does not know are left out."""
        if not run_ids:
            return {}
        found = self.client.list_workflows(workflow_ids=list(run_ids), load_input=False, load_output=False)
        return {status.workflow_id: ENGINE_STATES[status.status] for status in found}

    def active(self) -> tuple[list[str], list[str]]:
        """Ids of the running runs, and of the queued ones in the order in which they will start."""
        found = self.client.list_workflows(
            status=["ENQUEUED", "PENDING"], name=WORKFLOW, load_input=False, load_output=False
        )
        running = [status.workflow_id for status in found if status.status == "PENDING"]
        queued = sorted((status for status in found if status.status == "ENQUEUED"), key=_turn)
        return running, [status.workflow_id for status in queued]

    def holders(self) -> dict[str, str]:
        """The worker process that holds each run which the engine has given to one."""
        found = self.client.list_workflows(status="PENDING", name=WORKFLOW, load_input=False, load_output=False)
        return {status.workflow_id: status.executor_id or "" for status in found}

    def move(self, run_id: str, move: Move) -> bool:
        """Move a queued run within the queue, in a transaction of its own; False if it does not wait there any more.

        The engine has no call for it, but orders by these two columns each time a worker asks for a run. Rows are
        locked while it is reckoned: a worker that asks meanwhile finds none for a moment.
        """
        system = self.client._sys_db
        status = system.tables.workflow_status
        waiting = (status.c.status == "ENQUEUED", status.c.name == WORKFLOW, status.c.queue_name == QUEUE)
        columns = (status.c.priority, status.c.created_at, status.c.workflow_uuid)
        statement = sa.select(*columns).where(*waiting).order_by(status.c.workflow_uuid).with_for_update()
        with system.engine.begin() as connection:
            begin_writing(connection)
            queue = sorted(
                Turn(priority or 0, queued_ms, found) for priority, queued_ms, found in connection.execute(statement)
            )
            if run_id not in (turn.run_id for turn in queue):
                return False
            for turn in moved(queue, run_id, move):
                chosen = sa.update(status).where(status.c.workflow_uuid == turn.run_id)
                connection.execute(chosen.values(priority=turn.priority, created_at=turn.queued_ms))
            return True

    def given_up(self) -> list[str]:
        """Ids of the runs that the engine starts no more, because their workers died with them again and again."""
        status = ["MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
        found = self.client.list_workflows(status=status, name=WORKFLOW, load_input=False, load_output=False)
        return [workflow.workflow_id for workflow in found]

    def recover(self, dead_executor_ids: Iterable[str]) -> list[str]:
        """Give the runs and checks of dead workers back to the queue each came from; returns their ids.

        Automatic take-over is not in DBOS's free part. The public `resume_workflows` would set the count of starts
        to 0, so that a run which kills its worker would never be given up; hence the private call. It names the
        dead executor in its condition, so two workers that recover at once do no harm.
        """
        system = self.client._sys_db
        recovered = []
        for executor_id in dead_executor_ids:
            for pending in system.get_pending_workflows(executor_id, APPLICATION_VERSION):
                # The queue named here is for workflows that came from none; ours all did, and return to it.
                if system.reenqueue_for_recovery(pending.workflow_id, [executor_id], QUEUE):
                    recovered.append(pending.workflow_id)
        return recovered

    def executors_with_runs(self) -> set[str]:
        """Executor ids that the engine believes to be running something, a run or a check."""
        found = self.client.list_workflows(status="PENDING", load_input=False, load_output=False)
        return {status.executor_id for status in found if status.executor_id}

    def holder(self, run_id: str) -> str | None:
        """The worker process that the engine has given this run to; None if it is not running."""
        found = self.client.list_workflows(workflow_ids=[run_id], status="PENDING", load_input=False, load_output=False)
        return found[0].executor_id if found else None

    def runs_of(self, executor_id: str) -> list[str]:
        """Ids of the runs and checks that this worker process holds."""
        found = self.client.list_workflows(
            status="PENDING", executor_id=executor_id, load_input=False, load_output=False
        )
        return [status.workflow_id for status in found]

    def hand_back(self, executor_id: str) -> int:
        """Give a worker's runs and checks back to their queues because it stops in good order; returns how many.

        That counts as no failed start, unlike `recover`. Only what this worker still holds is touched: a run that was
        cancelled or taken over meanwhile is left as it is, which the public `resume_workflows` would not do.
        """
        system = self.client._sys_db
        status = system.tables.workflow_status
        statement = (
            sa.update(status)
            .where(status.c.status == "PENDING", status.c.executor_id == executor_id)
            .values(
                status="ENQUEUED",
                owner_xid=None,
                started_at_epoch_ms=None,
                recovery_attempts=status.c.recovery_attempts - 1,
            )
        )
        with system.engine.begin() as connection:  # this one knows in which schema the tables lie
            return connection.execute(statement).rowcount

    def requeue(self, run_id: str, executor_id: str) -> bool:
        """Give one run that this worker holds, but does not execute, back to the queue; whether it did."""
        return self.client._sys_db.reenqueue_for_recovery(run_id, [executor_id], QUEUE)

    def close(self) -> None:
        """Close the façade's connections."""
        self.engine.dispose()

    def migrate(self, worker_concurrency: int, poll_interval_s: float) -> None:
        """Create or update the engine's own tables, and its queues. Safe to repeat."""
        self.client._sys_db.run_migrations()
        SQLAlchemyDatasource.migrate(self.engine.url.render_as_string(hide_password=False))
        self.register_queue(worker_concurrency, poll_interval_s)

    def register_queue(self, worker_concurrency: int, poll_interval_s: float) -> None:
        """Set how many runs a worker takes at once, and how often it looks for them. Checks come one at a time.

        Before a worker is launched: the engine notices a later change only at its next look (QUEUE.md, trap 10).
        """
        queues = ((QUEUE, worker_concurrency), (CHECK_QUEUE, CHECKS_AT_ONCE), (WEBHOOK_QUEUE, DELIVERIES_AT_ONCE))
        for queue, at_once in queues:
            self.client.register_queue(
                queue,
                worker_concurrency=at_once,
                polling_interval_sec=poll_interval_s,
                on_conflict="always_update",
            )

    def check(self) -> None:
        """Raise NotReady if the engine's tables are missing or out of date."""
        try:
            self.client._sys_db.verify_migrations()
        except DBOSInitializationError as error:
            text = N_("The engine's tables are missing or too old for this version: run “mnist-benchmark migrate”.")
            raise NotReady(Sentence(text)) from error


def _turn(status: WorkflowStatus) -> tuple[int, int, str]:
    return (status.priority or 0, status.created_at or 0, status.workflow_id)


@lru_cache
def get_jobs() -> Jobs:
    """The façade of this process."""
    return Jobs(get_engine())
