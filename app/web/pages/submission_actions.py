"""POST /s/{number}/retry; GET and POST /s/{number}/withdraw."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse, RedirectResponse

from app.core import submissions
from app.core.tables import User
from app.web.dependencies import CurrentUser, DbSession, EngineJobs, FromOurForm, ThisPage

router = APIRouter(prefix="/s/{number}")


@router.post("/retry", dependencies=[FromOurForm])
def post_retry(session: DbSession, jobs: EngineJobs, reader: CurrentUser, number: int) -> RedirectResponse:
    """Run it again."""
    actor = session.get_one(User, reader.id)
    submissions.retry(session, jobs, submissions.find_own(session, number, actor), actor)
    return RedirectResponse(f"/s/{number}", 303)


@router.get("/withdraw")
def get_withdraw(page: ThisPage, session: DbSession, reader: CurrentUser, number: int) -> HTMLResponse:
    """Asks first: a result that is withdrawn leaves the board."""
    submission = submissions.find_own(session, number, session.get_one(User, reader.id))
    return page.render("withdraw.html", submission=submission)


@router.post("/withdraw", dependencies=[FromOurForm])
def post_withdraw(session: DbSession, jobs: EngineJobs, reader: CurrentUser, number: int) -> RedirectResponse:
    """Cancel its run and take it off the board."""
    submission = submissions.find_own(session, number, session.get_one(User, reader.id))
    submissions.withdraw(session, jobs, submission)
    return RedirectResponse(f"/s/{number}", 303)
