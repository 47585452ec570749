"""GET /teach/students: who is in the class, and what a teacher does with them."""

from typing import Annotated

from fastapi import APIRouter, Form
from sqlmodel import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.core import roster
from app.core.accounts import reset_link
from app.core.errors import InvalidFields
from app.core.quotas import give_runs
from app.core.roles import STUDENT, TEACHER, find_account, set_role
from app.core.settings import get_settings
from app.core.tables import User
from app.web.dependencies import DbSession, FromOurForm, ThisPage
from app.web.page import Page
from app.web.teacher import Teacher

router = APIRouter(prefix="/teach/students")
SEARCH_MAXIMUM = 100


@router.get("")
def get_students(page: ThisPage, session: DbSession, teacher: Teacher) -> HTMLResponse:
    """Everybody, under the search and in the order that the address asks for."""
    return _table(page, session)


def _table(page: Page, session: Session, link: str = "", handle: str = "") -> HTMLResponse:
    asked = page.request.query_params
    search, sort = asked.get("q", "")[:SEARCH_MAXIMUM], asked.get("sort", "name")
    found = roster.members(session, get_settings().dataset, search, sort)
    response = page.render(
        "teach_students.html", members=found, search=search, sort=sort, link=link, handle=handle, done=asked.get("done")
    )
    response.headers["Cache-Control"] = "no-store" if link else response.headers["Cache-Control"]
    return response


@router.post("/{handle}/reset", dependencies=[FromOurForm])
def post_reset(page: ThisPage, session: DbSession, teacher: Teacher, handle: str) -> HTMLResponse:
    """A sign-in link for somebody who has lost their password, shown once."""
    user = find_account(session, handle)
    secret = reset_link(session, user, teacher)
    return _table(page, session, f"{page.request.base_url}sign-in/link/{secret}", user.handle)


@router.get("/{handle}")
def get_student(page: ThisPage, session: DbSession, teacher: Teacher, handle: str) -> HTMLResponse:
    """What can be done with one of them."""
    return _one(page, session, find_account(session, handle))


def _one(page: Page, session: Session, user: User, error: InvalidFields | None = None, runs: str = "") -> HTMLResponse:
    found = roster.members(session, get_settings().dataset)
    member = next(each for each in found if each.user.id == user.id)
    errors = error.fields if error else {}
    return page.render("teach_student.html", 422 if errors else 200, member=member, errors=errors, runs=runs)


@router.post("/{handle}/role", dependencies=[FromOurForm])
def post_role(
    session: DbSession, teacher: Teacher, handle: str, role: Annotated[str, Form()] = STUDENT
) -> RedirectResponse:
    """Make somebody a teacher, or a student again. There is always one teacher."""
    set_role(session, find_account(session, handle), TEACHER if role == TEACHER else STUDENT, teacher)
    return RedirectResponse("/teach/students?done=role", 303)


@router.post("/{handle}/runs", dependencies=[FromOurForm])
def post_runs(
    page: ThisPage, session: DbSession, teacher: Teacher, handle: str, runs: Annotated[str, Form()] = ""
) -> Response:
    """More runs for today."""
    user, typed = find_account(session, handle), runs.strip()
    try:
        give_runs(session, teacher, user, int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 9 else 0)
    except InvalidFields as error:
        return _one(page, session, user, error, typed)
    return RedirectResponse("/teach/students?done=runs", 303)


@router.get("/{handle}/remove")
def get_remove(page: ThisPage, session: DbSession, teacher: Teacher, handle: str) -> HTMLResponse:
    """Ask first: it cannot be undone."""
    return page.render("teach_remove.html", user=find_account(session, handle))


@router.post("/{handle}/remove", dependencies=[FromOurForm])
def post_remove(session: DbSession, teacher: Teacher, handle: str) -> RedirectResponse:
    """Delete the account; what it submitted stays, under no name."""
    roster.remove(session, teacher, find_account(session, handle))
    return RedirectResponse("/teach/students?done=removed", 303)
