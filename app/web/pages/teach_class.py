"""GET /teach/class: the settings of the class, its code, and what students see of it."""

from fastapi import APIRouter
from sqlmodel import Session, select
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.core import teaching
from app.core.caps import class_limits
from app.core.deadlines import find_deadline
from app.core.joining import the_class
from app.core.pseudonyms import Pseudonym
from app.core.shown_names import are_names_hidden, as_classmate
from app.core.tables import User
from app.web.class_form import FIELDS, ClassForm, save_form, shown_form
from app.web.dependencies import DbSession, EngineJobs, FromOurForm, ThisPage
from app.web.page import Page
from app.web.pages.leaderboard import get_leaderboard
from app.web.teacher import Teacher

router = APIRouter(prefix="/teach/class")


@router.get("")
def get_class(page: ThisPage, session: DbSession, teacher: Teacher, saved: str = "") -> HTMLResponse:
    """The settings of the class."""
    return _page(page, session, shown_form(the_class(session)), is_saved=bool(saved))


@router.post("", dependencies=[FromOurForm])
async def post_class(page: ThisPage, session: DbSession, teacher: Teacher) -> Response:
    """Change them."""
    form = await page.request.form()
    sent = {name: str(form[name]) for name in FIELDS if isinstance(form.get(name), str)}
    found = save_form(session, the_class(session), sent, teacher)
    if found.errors:
        return _page(page, session, found)
    return RedirectResponse("/teach/class?saved=1", 303)


def _page(page: Page, session: Session, form: ClassForm, is_saved: bool = False) -> HTMLResponse:
    classroom = the_class(session)
    student = session.exec(select(User).where(User.role == "student", User.departed == None)).first()  # noqa: E711
    return page.render(
        "teach_class.html",
        422 if form.errors else 200,
        values=form.values,
        errors=form.errors,
        is_saved=is_saved,
        classroom=classroom,
        code=classroom.join_code,
        deadline=find_deadline(session),
        limits=class_limits(classroom),
        student=student,
        pseudonym=Pseudonym.of(student.pseudonym) if student and are_names_hidden(classroom) else "",
    )


@router.post("/code", dependencies=[FromOurForm])
def post_code(session: DbSession, teacher: Teacher) -> RedirectResponse:
    """A new class code; the old one lets nobody in any more."""
    teaching.rotate_code(session, teacher)
    return RedirectResponse("/teach/class", 303)


@router.get("/preview")
def get_preview(page: ThisPage, session: DbSession, jobs: EngineJobs, teacher: Teacher) -> HTMLResponse:
    """The board with the names that a classmate sees."""
    with as_classmate():
        return get_leaderboard(page, session, jobs)
