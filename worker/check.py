"""One quick check: the workflow that the engine calls. It measures nothing and may be done twice."""

import asyncio
from typing import Any

import structlog
from dbos import DBOS
from dbos._error import DBOSWorkflowConflictIDError

from app.core.blobs import get_blobs
from app.core.checks import finish_check
from app.core.database import session_scope
from app.core.identifiers import new_id
from app.core.jobs import CHECK_WORKFLOW, MAX_RECOVERIES
from app.core.outcomes import OUTCOMES, Outcome
from app.core.sentences import Sentence
from app.core.tables import QuickCheck
from worker.execution import execute
from worker.job import job_folder, order_of
from worker.post import active, current_post, is_stopping
from worker.story import Failure, Story

log = structlog.get_logger()


@DBOS.workflow(name=CHECK_WORKFLOW, max_recovery_attempts=MAX_RECOVERIES)
def check(check_id: str) -> None:
    """Look at the files of a check and note what was found."""
    with active(check_id):
        failure, report = _look(check_id)
        outcome = failure.outcome if failure else Outcome.OK
        message, detail = (failure.message, failure.detail) if failure else (None, None)
        with session_scope() as session:
            finish_check(session, check_id, outcome, message, detail, report)
        log.info("check ended", check=check_id, outcome=str(outcome))


def _look(check_id: str) -> tuple[Failure | None, dict[str, Any] | None]:
    try:
        return asyncio.run(_execute(check_id))
    except Exception as error:  # our fault, whatever it was: whoever waits must hear so
        if is_stopping():
            raise DBOSWorkflowConflictIDError(check_id) from error
        log.exception("check failed on our side", check=check_id)
        return Failure(Outcome.INTERNAL, Sentence(OUTCOMES[Outcome.INTERNAL].sentence)), None


async def _execute(check_id: str) -> tuple[Failure | None, dict[str, Any] | None]:
    post = current_post()
    with session_scope() as session:
        asked = session.get_one(QuickCheck, check_id)
    with job_folder(post.settings, post.executor_id, f"check-{new_id()}") as folder:
        order = order_of(asked, folder, post.dataset, get_blobs(), post.settings)
        ending = await execute(order, Story(emit=lambda *_: None, steps_limit=0), post.sandbox)
    return ending.failure, ending.story.report
