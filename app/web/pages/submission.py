"""GET /s/{number}: a submission, live or ended."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from app.core.submissions import find_visible
from app.core.tables import User
from app.web.dependencies import DbSession, EngineJobs, ThisPage
from app.web.submission_view import SubmissionView

router = APIRouter()


@router.get("/s/{number}")
def get_submission(page: ThisPage, session: DbSession, jobs: EngineJobs, number: int) -> HTMLResponse:
    """The page; while a run is live a script replaces its parts, and without scripts it reloads itself."""
    user = session.get_one(User, page.reader.id) if page.reader else None
    view = SubmissionView(session, jobs, find_visible(session, number, user), page)
    return page.render("submission.html", view=view)
