"""POST /s/{number}/retry and /s/{number}/withdraw."""

from fastapi import APIRouter
from starlette.responses import RedirectResponse

from app.core import submissions
from app.core.tables import User
from app.web.dependencies import CurrentUser, DbSession, EngineJobs, FromOurForm

router = APIRouter(prefix="/s/{number}", dependencies=[FromOurForm])


@router.post("/retry")
def post_retry(session: DbSession, jobs: EngineJobs, reader: CurrentUser, number: int) -> RedirectResponse:
    """Run it again."""
    submission = submissions.find_own(session, number, session.get_one(User, reader.id))
    submissions.retry(session, jobs, submission)
    return RedirectResponse(f"/s/{number}", 303)


@router.post("/withdraw")
def post_withdraw(session: DbSession, jobs: EngineJobs, reader: CurrentUser, number: int) -> RedirectResponse:
    """Cancel its run and take it off the board."""
    submission = submissions.find_own(session, number, session.get_one(User, reader.id))
    submissions.withdraw(session, jobs, submission)
    return RedirectResponse(f"/s/{number}", 303)
