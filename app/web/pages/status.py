"""GET /status: the workers, how they shut runs in, and the queue."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from app.web.dependencies import DbSession, EngineJobs, ThisPage
from app.web.workers_view import service_status

router = APIRouter()


@router.get("/status")
def get_status(page: ThisPage, session: DbSession, jobs: EngineJobs) -> HTMLResponse:
    """A page for the teacher and for whoever waits."""
    return page.render("status.html", status=service_status(session, jobs))
