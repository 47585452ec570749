"""Telling of a run that has ended, after its ending is recorded: whatever goes wrong here changes no result."""

import structlog
from dbos import DBOS
from dbos._error import DBOSWorkflowConflictIDError

from app.core.announcements import announce_end
from app.core.database import session_scope
from app.core.jobs import get_jobs
from worker.post import is_stopping

log = structlog.get_logger()

TRIES = 3
RETRY_INTERVAL_S = 0.5


def announce(run_id: str) -> None:
    """Tell its author and the webhooks. A message that cannot be written is lost, and logged."""
    try:
        write_messages(run_id)
    except Exception as error:
        if is_stopping():
            # Whoever takes this run over tells it.
            raise DBOSWorkflowConflictIDError(run_id) from error
        log.exception("nobody was told of a run that ended", run=run_id)


@DBOS.step(retries_allowed=True, max_attempts=TRIES, interval_seconds=RETRY_INTERVAL_S)
def write_messages(run_id: str) -> None:
    """Write all of them in one transaction."""
    with session_scope() as session:
        announce_end(session, get_jobs(), run_id)
