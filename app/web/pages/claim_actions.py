"""POST /claims/{id}/run, /claims/{id}/correct, /claims/{id}/withdraw and /claims/{id}/restore."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from app.core.claims import correct_claim, find_claim, require_teacher, restore_claim, run_claim, withdraw_claim
from app.core.database import session_scope
from app.core.errors import InvalidFields
from app.core.jobs import get_jobs
from app.core.tables import User
from app.core.thread.corrections import READERS
from app.web.claims_view import CORRECTION, ClaimView, correction_view
from app.web.csrf import FIELD, check_token
from app.web.dependencies import CurrentUser, DbSession, FromOurForm, ThisPage
from app.web.page import Page
from app.web.pages.claims import SHOWN_FIELDS, show_claim
from app.web.sessions import Reader
from app.web.submit_fields import texts_of
from app.web.uploads import key_errors, open_form

router = APIRouter(prefix="/claims/{claim_id}")


@router.post("/run")
async def post_run(page: ThisPage, request: Request, reader: CurrentUser, claim_id: int) -> Response:
    """Submit the network of a claim in the reader's name and go to its page."""
    async with open_form(request) as form:
        typed = texts_of(form)
    check_token(request, reader, typed.get(FIELD, ""))
    return await run_in_threadpool(_run, page, reader, claim_id, typed)


def _run(page: Page, reader: Reader, claim_id: int, typed: dict[str, str]) -> Response:
    recipe = {name: typed[name] for name in SHOWN_FIELDS if name in typed}
    key = typed.get("idempotency_key") or None
    try:
        if errors := key_errors(key):
            raise InvalidFields(errors)
        with session_scope() as session:
            claim, user = find_claim(session, claim_id, reader), session.get_one(User, reader.id)
            notes = ClaimView(claim).notes(page.say)
            submission, _ = run_claim(session, get_jobs(), user, claim, recipe, notes, key)
            number = submission.number
    except InvalidFields as error:
        with session_scope() as session:
            return show_claim(page, session, claim_id, typed, error.fields)
    return RedirectResponse(f"/s/{number}", 303)


@router.post("/correct")
async def post_correct(page: ThisPage, request: Request, reader: CurrentUser, claim_id: int) -> Response:
    """Put a teacher's words in place of what was understood."""
    require_teacher(reader)
    async with open_form(request) as form:
        typed = texts_of(form)
    check_token(request, reader, typed.get(FIELD, ""))
    return await run_in_threadpool(_correct, page, reader, claim_id, typed)


def _correct(page: Page, reader: Reader, claim_id: int, typed: dict[str, str]) -> Response:
    fields = {name: typed[key] for name in READERS if (key := f"{CORRECTION}.{name}") in typed}
    try:
        with session_scope() as session:
            teacher = session.get_one(User, reader.id)
            correct_claim(session, find_claim(session, claim_id, reader), fields, teacher)
    except InvalidFields as error:
        with session_scope() as session:
            view = correction_view(find_claim(session, claim_id, reader), fields, dict(error.fields))
            return show_claim(page, session, claim_id, correction=view)
    return RedirectResponse(f"/claims/{claim_id}", 303)


@router.post("/withdraw", dependencies=[FromOurForm])
def post_withdraw(session: DbSession, reader: CurrentUser, claim_id: int) -> RedirectResponse:
    """Take it off the list; for teachers."""
    require_teacher(reader)
    withdraw_claim(session, find_claim(session, claim_id, reader), session.get_one(User, reader.id))
    return RedirectResponse(f"/claims/{claim_id}", 303)


@router.post("/restore", dependencies=[FromOurForm])
def post_restore(session: DbSession, reader: CurrentUser, claim_id: int) -> RedirectResponse:
    """Undo that; for teachers."""
    require_teacher(reader)
    restore_claim(session, find_claim(session, claim_id, reader), session.get_one(User, reader.id))
    return RedirectResponse(f"/claims/{claim_id}", 303)
