"""The submit form as an answer, whichever address it was sent to."""

from sqlmodel import Session
from starlette.responses import HTMLResponse

from app.core.database import session_scope
from app.core.heartbeats import refusal_of_all
from app.core.jobs import get_jobs
from app.core.settings import get_settings
from app.core.tables import User
from app.web.check_view import CheckView, kept_check
from app.web.page import Page
from app.web.sessions import Reader
from app.web.submit_form import Errors, Values, make_form
from app.web.uploads import CHECK_ID


def reshow(
    page: Page, values: Values, errors: Errors | None = None, status: int = 200, check: CheckView | None = None
) -> HTMLResponse:
    """The form with these values; `check` is what has just been found out, else what was before."""
    with session_scope() as session:
        check = check or kept_check(session, values.get(CHECK_ID, ""), page.reader.id if page.reader else None)
        return _show(page, session, values, errors or {}, status, check)


def _show(
    page: Page, session: Session, values: Values, errors: Errors, status: int, check: CheckView | None
) -> HTMLResponse:
    running, queued = get_jobs().active()
    response = page.render(
        "submit.html",
        status,
        form=make_form(values, errors, check),
        ahead=len(running) + len(queued),
        refusal=refusal_of_all(session, get_settings().lease_s),
    )
    # A page from the cache would send its old idempotency key with new values.
    response.headers["Cache-Control"] = "no-store"
    return response


def user_of(reader: Reader) -> User:
    """The stored user who is signed in."""
    with session_scope() as session:
        return session.get_one(User, reader.id)


def check_of(reader: Reader, check_id: str) -> CheckView | None:
    """The check of that id, if it is this reader's."""
    with session_scope() as session:
        return kept_check(session, check_id, reader.id)
