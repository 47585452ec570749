"""POST /s/{number}/seeds: have a submission trained with more seeds."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse

from app.core import submissions
from app.core.repetitions import request_repetitions
from app.core.tables import User
from app.web.dependencies import CurrentUser, DbSession, EngineJobs, FromOurForm

router = APIRouter(prefix="/s/{number}")


@router.post("/seeds", dependencies=[FromOurForm])
def post_seeds(
    session: DbSession, jobs: EngineJobs, reader: CurrentUser, number: int, seeds: Annotated[int, Form()]
) -> RedirectResponse:
    """For its author and the teacher."""
    actor = session.get_one(User, reader.id)
    request_repetitions(session, jobs, submissions.find_own(session, number, actor), seeds, actor)
    return RedirectResponse(f"/s/{number}#seeds", 303)
