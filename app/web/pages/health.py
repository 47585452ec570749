"""GET /healthz: this process lives. GET /readyz: it can serve, because the database is there and up to date."""

from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter
from sqlmodel import Session

from app.core.database import get_engine
from app.core.errors import NotReady
from app.core.heartbeats import last_beat_age_s
from app.core.jobs import get_jobs
from app.core.schema import check_tables
from app.core.sentences import N_, Sentence

router = APIRouter()


@router.get("/healthz")
async def get_health() -> dict[str, str]:
    """Asks nothing of anybody, so that a slow database does not get the web killed."""
    return {"status": "alive"}


@router.get("/readyz")
def get_readiness() -> dict[str, Any]:
    """Whether requests can be served; and when a worker was last heard of, as runs wait without one."""
    try:
        check_tables(get_engine())
        get_jobs().check()
        with Session(get_engine()) as session:
            silence_s = last_beat_age_s(session)
    except sa.exc.SQLAlchemyError as error:
        text = N_("The database cannot be used (%(reason)s). Check DATABASE_URL and DATA_DIR, and that it is running.")
        raise NotReady(Sentence(text, {"reason": type(error).__name__})) from error
    return {"status": "ready", "last_heartbeat_age_s": silence_s}
