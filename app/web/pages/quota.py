"""GET /me/runs: which of my runs were counted, which were given back, and what is left today."""

from fastapi import APIRouter
from starlette.responses import Response

from app.core.quotas import bonuses, find_allowance, ledger, ledger_length
from app.core.tables import User
from app.web.dependencies import CurrentUser, DbSession, EngineJobs, ThisPage
from app.web.page_numbers import PageNumbers, page_number

router = APIRouter(prefix="/me/runs")
PART = 50


@router.get("")
def get_runs(page: ThisPage, session: DbSession, jobs: EngineJobs, reader: CurrentUser, part: str = "") -> Response:
    """Newest first."""
    user = session.get_one(User, reader.id)
    allowance = find_allowance(session, jobs, user)
    pages = PageNumbers(page_number(part), ledger_length(session, user), PART, "/me/runs", {})
    lines = ledger(session, user, PART, pages.start)
    return page.render("quota.html", allowance=allowance, lines=lines, pages=pages, given=bonuses(session, user, PART))
