"""GET /s/{number}/fork: the submit form with everything as in another submission."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from app.core.submissions import find_visible
from app.web.dependencies import CurrentUser, DbSession, ThisPage
from app.web.pages.submit_page import reshow
from app.web.parents import values_of_fork

router = APIRouter(prefix="/s/{number}")


@router.get("/fork")
def get_fork(page: ThisPage, session: DbSession, reader: CurrentUser, number: int) -> HTMLResponse:
    """Train again with changes: the file is kept by reference, and the parent is remembered."""
    return reshow(page, values_of_fork(session, find_visible(session, number, reader), reader))
