"""GET /u/{handle}: somebody and their results."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from app.core.joining import the_class
from app.core.profiles import find_person, make_profile
from app.core.settings import get_settings
from app.core.shown_names import shown
from app.web.dependencies import DbSession, EngineJobs, ThisPage
from app.web.profile_view import profile_view

router = APIRouter()


@router.get("/u/{handle}")
def get_profile(page: ThisPage, session: DbSession, jobs: EngineJobs, handle: str) -> HTMLResponse:
    """Successes for everybody; for themselves and the teacher also what waits, runs or failed."""
    user = find_person(session, handle)
    profile = make_profile(session, jobs, user, get_settings().dataset, page.reader)
    view, person, classroom = profile_view(profile, page), shown(user), the_class(session)
    return page.render("profile.html", view=view, person=person, joined=user.created, classroom=classroom)
