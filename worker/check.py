"""One quick check: the workflow that the engine calls. It measures nothing and may be done twice."""

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog
from dbos import DBOS
from dbos._error import DBOSWorkflowConflictIDError

from app.core.blobs import get_blobs
from app.core.caps import RunCaps, caps_of_check
from app.core.checks import finish_check
from app.core.database import session_scope
from app.core.identifiers import new_id
from app.core.jobs import CHECK_WORKFLOW, MAX_RECOVERIES
from app.core.outcomes import OUTCOMES, Outcome
from app.core.sentences import Sentence
from app.core.tables import QuickCheck
from worker.execution import execute
from worker.job import job_folder, order_of
from worker.order import OverCap
from worker.post import active, current_post, is_stopping
from worker.story import Failure, Story

log = structlog.get_logger()

# Somebody waits: what does not pass soon is told.
TRIES = 2
RETRY_INTERVAL_S = 0.2


@DBOS.workflow(name=CHECK_WORKFLOW, max_recovery_attempts=MAX_RECOVERIES)
def check(check_id: str) -> None:
    """Look at the files of a check and note what was found."""
    with active(check_id):
        found = _found(check_id)
        message = Sentence.from_json(found["message"]) if found["message"] else None
        with session_scope() as session:
            finish_check(session, check_id, Outcome(found["outcome"]), message, found["detail"], found["report"])
        log.info("check ended", check=check_id, outcome=found["outcome"])


def _found(check_id: str) -> dict[str, Any]:
    try:
        return asyncio.run(execute_check(check_id))
    except Exception as error:  # our fault, whatever it was: whoever waits must hear so
        if is_stopping():
            raise DBOSWorkflowConflictIDError(check_id) from error
        log.exception("check failed on our side", check=check_id)
        message = Sentence(OUTCOMES[Outcome.INTERNAL].sentence).as_json()
        return {"outcome": Outcome.INTERNAL, "message": message, "detail": None, "report": None}


@DBOS.step(preemptible=True, retries_allowed=True, max_attempts=TRIES, interval_seconds=RETRY_INTERVAL_S)
async def execute_check(check_id: str) -> dict[str, Any]:
    """Look once. The engine cancels this within about a second when nobody waits for the answer any more."""
    post = current_post()
    with session_scope() as session:
        asked = session.get_one(QuickCheck, check_id)
        caps = caps_of_check(session, asked)
    with job_folder(post.settings, post.executor_id, f"check-{new_id()}") as folder:
        order = order_of(asked, folder, post.dataset, get_blobs(), post.settings)
        ending = await execute(order, Story(emit=lambda *_: None, steps_limit=0), post.sandbox)
    failure = ending.failure or over_cap(ending.story.report, caps)
    return {
        "outcome": failure.outcome if failure else Outcome.OK,
        "message": failure.message.as_json() if failure else None,
        "detail": failure.detail if failure else None,
        "report": ending.story.report,
    }


def over_cap(report: Mapping[str, Any] | None, caps: RunCaps) -> Failure | None:
    """What the class would not let run, however well it can be built."""
    parameters = (report or {}).get("parameters") or 0  # not everything could be counted
    if caps.parameters is None or parameters <= caps.parameters:
        return None
    return Failure(Outcome.BAD_MODEL, OverCap(parameters, caps.parameters).sentence)
