"""GET /: the leaderboard."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from app.core.board import find_board
from app.core.claims import count_standing, count_unmeasured
from app.core.deadlines import find_deadline
from app.core.settings import get_settings
from app.web.board.query import read_query
from app.web.board.view import BoardView
from app.web.dependencies import DbSession, EngineJobs, ThisPage
from app.web.running import running_now

router = APIRouter()


@router.get("/")
def get_leaderboard(page: ThisPage, session: DbSession, jobs: EngineJobs) -> HTMLResponse:
    """The places that the address asks for; `part=now` only what runs now."""
    parameters = page.request.query_params
    now = running_now(session, jobs)
    if parameters.get("part") == "now":
        return page.render("_now.html", now=now)
    asked = read_query({name: parameters.getlist(name) for name in parameters})
    board = find_board(session, get_settings().dataset)
    view = BoardView(session, board, asked, parameters.get("page") or "1", page.reader)
    last = max((entry.created for entry in board.entries), default=None)
    claims = (count_standing(session), count_unmeasured(session))
    deadline = find_deadline(session)
    return page.render("leaderboard.html", view=view, now=now, last=last, claims=claims, deadline=deadline)
