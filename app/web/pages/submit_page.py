"""The submit form as an answer, whichever address it was sent to."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request as HttpRequest
from starlette.responses import HTMLResponse

from app.core.caps import limits_of, may_bring_weights, upload_limit_bytes
from app.core.database import session_scope
from app.core.deadlines import find_deadline
from app.core.heartbeats import refusal_of_all
from app.core.jobs import get_jobs
from app.core.pseudonyms import Pseudonym
from app.core.quotas import find_allowance
from app.core.requests import Request as Asked
from app.core.settings import get_settings
from app.core.shown_names import is_named_by_pseudonym
from app.core.tables import User
from app.web.check_view import CheckView, kept_check
from app.web.csrf import FIELD, check_token
from app.web.page import Page
from app.web.parents import parent_in
from app.web.quota_headers import quota_headers
from app.web.sessions import Reader
from app.web.submit_fields import chosen_files, reused_files, texts_of
from app.web.submit_form import Errors, SubmitForm, Values, make_form
from app.web.uploads import CHECK_ID, accept, open_form


def reshow(
    page: Page, values: Values, errors: Errors | None = None, status: int = 200, check: CheckView | None = None
) -> HTMLResponse:
    """The form with these values; `check` is what has just been found out, else what was before."""
    with session_scope() as session:
        check = check or kept_check(session, values.get(CHECK_ID, ""), page.reader.id if page.reader else None)
        form = make_form(values, errors or {}, check, parent_in(session, values, page.reader))
        return _show(page, session, form, status)


def _show(page: Page, session: Session, form: SubmitForm, status: int) -> HTMLResponse:
    running, queued = get_jobs().active()
    user = session.get_one(User, page.reader.id) if page.reader else None
    allowance = find_allowance(session, get_jobs(), user) if user else None
    response = page.render(
        "submit.html",
        status,
        form=form,
        ahead=len(running) + len(queued),
        allowance=allowance,
        deadline=find_deadline(session),
        allows_weights=may_bring_weights(session, user),
        upload_limit_bytes=upload_limit_bytes(session, user),
        limits=limits_of(session, user) if user else (),
        pseudonym=Pseudonym.of(user.pseudonym) if user and is_named_by_pseudonym(session, user) else "",
        refusal=refusal_of_all(session, get_settings().lease_s),
    )
    # A page from the cache would send its old idempotency key with new values.
    response.headers["Cache-Control"] = "no-store"
    response.headers.update(quota_headers(allowance) if allowance else {})
    return response


@dataclass
class Sent:
    """What came with a form, as far as it was read before something was wrong: it is shown again."""

    typed: dict[str, str] = field(default_factory=dict)
    chosen: set[str] = field(default_factory=set)

    async def read(
        self, request: HttpRequest, reader: Reader, select: Callable[[FormData], FormData]
    ) -> tuple[User, Asked]:
        """Who asks for what; `select` leaves only those fields of the form that this is about.

        Raises:
            InvalidFields, UploadTooLarge, Conflict: as `accept`.
        """
        async with open_form(request) as form:
            self.typed, self.chosen = texts_of(form), chosen_files(form)
            check_token(request, reader, self.typed.get(FIELD, ""))
            user = await run_in_threadpool(user_of, reader)
            return user, await accept(select(form), None, user, reused_files(form))


def user_of(reader: Reader) -> User:
    """The stored user who is signed in."""
    with session_scope() as session:
        return session.get_one(User, reader.id)


def check_of(reader: Reader, check_id: str) -> CheckView | None:
    """The check of that id, if it is this reader's."""
    with session_scope() as session:
        return kept_check(session, check_id, reader.id)
