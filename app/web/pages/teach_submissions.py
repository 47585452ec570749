"""GET /teach/submissions: all of them, found by state, text and student; and what a teacher does with many at once.

What takes something away is asked about on a page of its own; whatever was done can be undone from the next page.
"""

from dataclasses import asdict, dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.core import moderation
from app.core.errors import Conflict
from app.core.jobs import Jobs
from app.core.moderation import Done
from app.core.moderation_list import STATES, Filter, count_lines, find_lines, matching_numbers
from app.core.sentences import N_, Sentence
from app.core.tables import Audit, User
from app.web.dependencies import DbSession, EngineJobs, FromOurForm, ThisPage
from app.web.page import Page
from app.web.page_numbers import PageNumbers, page_number
from app.web.teacher import Teacher

router = APIRouter(prefix="/teach")
PATH = "/teach/submissions"
PART = 50
TEXT_MAXIMUM = 200
STATE_FILTERS = {
    "queued": N_("waiting"),
    "running": N_("under way"),
    "finished": N_("measured"),
    "failed": N_("failed or cancelled"),
    "again": N_("being evaluated again"),
    "hidden": N_("hidden"),
    "withdrawn": N_("withdrawn"),
}
NOTHING_CHOSEN = N_("Nothing was chosen. Go back and tick submissions, or tick “all that match”.")
Word = Annotated[str, Query(max_length=TEXT_MAXIMUM)]


@dataclass(frozen=True)
class Told:
    """What the strip above the list says of the last action. `undo`: its number in the audit log, if it has one."""

    action: str
    changed: int
    left_out: int
    undo: int | None


def read_filter(state: Word = "", text: Word = "", student: Word = "") -> Filter:
    """What the address asks for; a state that there is not is no filter."""
    return Filter(state if state in STATES else "", text, student)


@router.get("/submissions")
def get_submissions(
    page: ThisPage,
    session: DbSession,
    jobs: EngineJobs,
    teacher: Teacher,
    state: Word = "",
    text: Word = "",
    student: Word = "",
    part: str = "",
    did: str = "",
    left: str = "",
) -> HTMLResponse:
    """Those that match, newest first."""
    wanted = read_filter(state, text, student)
    kept = _kept(wanted)
    pages = PageNumbers(page_number(part), count_lines(session, jobs, wanted), PART, PATH, kept)
    lines = find_lines(session, jobs, wanted, PART, pages.start)
    told = _told(session, did, left)
    return page.render(
        "teach_submissions.html",
        lines=lines,
        pages=pages,
        wanted=wanted,
        told=told,
        filters=STATE_FILTERS,
        actions=tuple(moderation.ACTIONS),
        asked_first=moderation.ASKED_FIRST,
    )


def _kept(wanted: Filter) -> dict[str, str]:
    return {name: value for name, value in asdict(wanted).items() if value}


def _told(session: Session, did: str, left: str) -> Told | None:
    """The action of that number in the audit log; 0 stands for one that changed nothing."""
    if not (did.isascii() and did.isdigit() and len(did) < 10):
        return None
    left_out = int(left) if left.isascii() and left.isdigit() and len(left) < 7 else 0
    row = session.get(Audit, int(did)) if int(did) < 2**31 else None
    if row is None or not row.action.startswith("submission.") or "numbers" not in row.detail:
        return Told("", 0, left_out, None) if did == "0" else None
    undo = row.id if moderation.can_undo(row) else None
    return Told(row.action.removeprefix("submission."), len(row.detail["numbers"]), left_out, undo)


@router.post("/submissions/act", dependencies=[FromOurForm])
async def post_actions(page: ThisPage, session: DbSession, jobs: EngineJobs, teacher: Teacher) -> Response:
    """Do it with those that are ticked, or with all that match; what takes something away, once it is confirmed."""
    return await run_in_threadpool(_act, page, session, jobs, teacher, await page.request.form())


def _act(page: Page, session: Session, jobs: Jobs, teacher: User, sent: FormData) -> Response:
    action, wanted = _word(sent, "action"), read_filter(*(_word(sent, name) for name in ("state", "text", "student")))
    numbers = matching_numbers(session, jobs, wanted) if sent.get("all") else _numbers(sent)
    if not numbers:
        raise Conflict(Sentence(NOTHING_CHOSEN))
    if action in moderation.ASKED_FIRST and not sent.get("confirmed"):
        chosen, _ = moderation.find_all(session, numbers)
        return page.render("teach_confirm.html", action=action, chosen=chosen, wanted=wanted, back=_back(wanted))
    chosen, missing = moderation.find_all(session, numbers)
    done = moderation.act_on(session, jobs, teacher, chosen, action)
    return _answer(done, wanted, len(missing))


def _word(sent: FormData, name: str) -> str:
    value = sent.get(name)
    return value[:TEXT_MAXIMUM] if isinstance(value, str) else ""


def _numbers(sent: FormData) -> list[int]:
    """What was ticked, and what the page that asks first has kept of it."""
    given = [word for value in sent.getlist("number") if isinstance(value, str) for word in value.split()]
    return [int(word) for word in given if word.isascii() and word.isdigit() and len(word) < 10]


def _answer(done: Done, wanted: Filter, missing: int = 0) -> RedirectResponse:
    """Back to the list, which tells what was done."""
    left = len(done.left_out) + missing
    return RedirectResponse(_back(wanted, did=str(done.audit_id or 0), **({"left": str(left)} if left else {})), 303)


def _back(wanted: Filter, **more: str) -> str:
    query = urlencode(_kept(wanted) | more)
    return f"{PATH}?{query}" if query else PATH


@router.post("/undo/{audit_id}", dependencies=[FromOurForm])
def post_undo(session: DbSession, jobs: EngineJobs, teacher: Teacher, audit_id: int) -> RedirectResponse:
    """Undo what is written down there."""
    return _answer(moderation.undo(session, jobs, teacher, audit_id), Filter())


@router.post("/submissions/{number}/{action}", dependencies=[FromOurForm])
def post_submission(
    session: DbSession, jobs: EngineJobs, teacher: Teacher, number: int, action: str
) -> RedirectResponse:
    """The same with one, from its own page."""
    return _answer(moderation.act_on_one(session, jobs, teacher, number, action), Filter())
