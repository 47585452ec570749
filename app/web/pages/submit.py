"""GET and POST /submit: the form. POST /submit/model: the form again, for another model."""

from fastapi import APIRouter, Request
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.core import submissions
from app.core.database import session_scope
from app.core.errors import Conflict, InvalidFields, Problem, UploadTooLarge
from app.core.jobs import get_jobs
from app.core.sentences import N_, Sentence
from app.core.settings import get_settings
from app.core.tables import User
from app.web.csrf import FIELD, check_token
from app.web.dependencies import CurrentUser, DbSession, EngineJobs, ThisPage
from app.web.page import Page
from app.web.sessions import Reader
from app.web.submit_form import DEFAULT_MODEL, SHOWN_MODEL, SubmitForm, changed_model, first_form, make_form
from app.web.uploads import OPTION_PREFIX, accept, open_form

router = APIRouter()
# Sent by the page for itself; no part of a submission.
PAGE_FIELDS = frozenset({FIELD, SHOWN_MODEL})
SENT_BEFORE = N_(
    "This form was sent before with other values and made submission #%(number)s. Press the button again to send "
    "these values as a new one."
)


@router.get("/submit")
def get_submit(
    page: ThisPage, session: DbSession, jobs: EngineJobs, reader: CurrentUser, model: str = DEFAULT_MODEL
) -> HTMLResponse:
    """The form, filled with the recipe that goes well with the model."""
    return _show(page, session, first_form(model))


@router.get("/submit/model")
def get_model() -> RedirectResponse:
    """Where the language switch of a form that was shown again leads."""
    return RedirectResponse("/submit", 303)


@router.post("/submit/model")
async def post_model(page: ThisPage, request: Request, reader: CurrentUser) -> HTMLResponse:
    """The form with another model's options; nothing is submitted."""
    async with open_form(request) as form:
        return await run_in_threadpool(_reshow, page, changed_model(_texts(form)))


@router.post("/submit")
async def post_submit(page: ThisPage, request: Request, reader: CurrentUser) -> Response:
    """Queue what the form asks for and go to its page; or show the form again with what is wrong."""
    typed: dict[str, str] = {}
    try:
        async with open_form(request) as form:
            typed = _texts(form)
            check_token(request, reader, typed.get(FIELD, ""))
            user = await run_in_threadpool(_user, reader)
            asked = await accept(_submitted(form, typed), None, user)
        number = await run_in_threadpool(_create, user, asked)
    except (InvalidFields, UploadTooLarge, Conflict) as error:
        return await run_in_threadpool(_reshow_with_errors, page, typed, error)
    return RedirectResponse(f"/s/{number}", 303)


def _texts(form: FormData) -> dict[str, str]:
    return {name: value for name, value in form.multi_items() if isinstance(value, str)}


def _submitted(form: FormData, typed: dict[str, str]) -> FormData:
    """The fields that are the submission's. Options that belong to another model than the chosen one are left out:
    without scripts the form still shows those of the model before.
    """
    has_other_options = typed.get(SHOWN_MODEL, typed.get("model")) != typed.get("model")
    return FormData(
        [
            (name, value)
            for name, value in form.multi_items()
            if name not in PAGE_FIELDS and not (has_other_options and name.startswith(OPTION_PREFIX))
        ]
    )


def _user(reader: Reader) -> User:
    with session_scope() as session:
        return session.get_one(User, reader.id)


def _create(user: User, asked: submissions.Request) -> int:
    with session_scope() as session:
        submission, _ = submissions.create(session, get_jobs(), user, asked, get_settings().dataset)
        return submission.number or 0


def _reshow_with_errors(page: Page, typed: dict[str, str], error: Problem) -> HTMLResponse:
    """The form with the typed values and a sentence beside each field that cannot be used."""
    if isinstance(error, Conflict):
        sentence = Sentence(SENT_BEFORE, error.sentence.values)
        return _reshow(page, make_form(typed | {"idempotency_key": ""}, {"": sentence}), error.status)
    errors = error.fields or {"weights": error.sentence}
    if not typed:
        return _reshow(page, make_form(_defaults() | {"kind": "evaluate"}, errors), error.status)
    return _reshow(page, make_form(typed, errors), error.status)


def _defaults() -> dict[str, str]:
    """What a form holds whose body was too large to be read."""
    form = first_form(DEFAULT_MODEL)
    return {field.name: field.value for field in form.fields} | {"model": form.model.id}


def _reshow(page: Page, form: SubmitForm, status: int = 200) -> HTMLResponse:
    with session_scope() as session:
        return _show(page, session, form, status)


def _show(page: Page, session: Session, form: SubmitForm, status: int = 200) -> HTMLResponse:
    running, queued = get_jobs().active()
    response = page.render("submit.html", status, form=form, ahead=len(running) + len(queued))
    # A page from the cache would send its old idempotency key with new values.
    response.headers["Cache-Control"] = "no-store"
    return response
