"""GET /compare?a=117&b=98, or ?s=117&s=98: two submissions side by side."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from sqlmodel import Session
from starlette.responses import HTMLResponse

from app.core.board import Entry, find_board
from app.core.comparison import compare
from app.core.errors import Conflict, NotFound
from app.core.jobs import Jobs
from app.core.requests import NUMBER
from app.core.sentences import N_, Sentence
from app.core.settings import get_settings
from app.core.submissions import find_visible
from app.web.compare_view import CompareView
from app.web.dependencies import DbSession, EngineJobs, ThisPage
from app.web.page import Page

router = APIRouter()
NO_NUMBER = N_("“%(value)s” is no number of a submission. Write the number that its page shows, e.g. 12.")
TOO_MANY = N_("Two can be compared; %(count)s were chosen. These are the first two.")
# A picker with thousands of entries helps nobody.
CHOICES_MAXIMUM = 200


@router.get("/compare")
def get_compare(
    page: ThisPage,
    session: DbSession,
    jobs: EngineJobs,
    a: str = "",
    b: str = "",
    s: Annotated[Sequence[str], Query()] = (),
) -> HTMLResponse:
    """The verdict first; without two submissions, the form to choose them."""
    asked = [_bare(text) for text in (a, b, *s) if text.strip()]
    first, second = (*asked[:2], "", "")[:2]
    view, problem, status = _look(page, session, jobs, first, second) if first and second else (None, None, 200)
    if problem is None and len(asked) > 2:
        problem = Sentence(TOO_MANY, {"count": len(asked)})
    entries = find_board(session, get_settings().dataset).entries[:CHOICES_MAXIMUM]
    return _show(page, view, problem, status, (first, second), entries)


def _bare(text: str) -> str:
    """A number as people write it: #12, or with the title behind it as the picker offers it."""
    return text.strip().removeprefix("#").partition(" ")[0][:40]


def _look(
    page: Page, session: Session, jobs: Jobs, first: str, second: str
) -> tuple[CompareView | None, Sentence | None, int]:
    for text in (first, second):
        if not NUMBER.fullmatch(text):
            return None, Sentence(NO_NUMBER, {"value": text}), 422
    try:
        found = [find_visible(session, int(text), page.reader) for text in (first, second)]
        return CompareView(compare(session, jobs, *found), page), None, 200
    except (NotFound, Conflict) as error:
        return None, error.sentence, error.status


def _show(
    page: Page,
    view: CompareView | None,
    problem: Sentence | None,
    status: int,
    asked: tuple[str, str],
    entries: Sequence[Entry],
) -> HTMLResponse:
    return page.render("compare.html", status, view=view, problem=problem, asked=asked, entries=entries)
