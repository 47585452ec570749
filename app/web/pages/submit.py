"""GET and POST /submit: the form."""

from collections.abc import Collection

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.core import submissions
from app.core.database import session_scope
from app.core.errors import Conflict, InvalidFields, NoRunsLeft, Problem, UploadTooLarge
from app.core.jobs import get_jobs
from app.core.requests import Request as Asked
from app.core.sentences import N_, Sentence
from app.core.settings import get_settings
from app.core.tables import User
from app.web.dependencies import CurrentUser, ThisPage
from app.web.page import Page
from app.web.pages.submit_page import Sent, reshow
from app.web.quota_headers import refusal_headers
from app.web.submit_fields import form_errors, submitted
from app.web.submit_form import first_values
from app.web.uploads import CHECK_ID, MODEL_FILE_OF

router = APIRouter()
SENT_BEFORE = N_(
    "This form was sent before with other values and made submission #%(number)s. Press the button again to send "
    "these values as a new one."
)


@router.get("/submit")
def get_submit(page: ThisPage, reader: CurrentUser, model: str = "") -> HTMLResponse:
    """The form, for a file of one's own; for a model, with the recipe that goes well with it."""
    return reshow(page, first_values(model))


@router.post("/submit")
async def post_submit(page: ThisPage, request: Request, reader: CurrentUser) -> Response:
    """Queue what the form asks for and go to its page; or show the form again with what is wrong."""
    sent = Sent()
    try:
        user, asked = await sent.read(request, reader, submitted)
        number = await run_in_threadpool(_create, user, asked)
    except (InvalidFields, UploadTooLarge, Conflict, NoRunsLeft) as error:
        return await run_in_threadpool(reshow_with_errors, page, sent.typed, sent.chosen, error)
    return RedirectResponse(f"/s/{number}", 303)


def _create(user: User, asked: Asked) -> int:
    with session_scope() as session:
        submission, _ = submissions.create(session, get_jobs(), user, asked, get_settings().dataset)
        return submission.number or 0


def reshow_with_errors(page: Page, typed: dict[str, str], chosen: set[str], error: Problem) -> HTMLResponse:
    """The form with the typed values and a sentence beside each field that cannot be used.

    `chosen` names the fields with new files. The form forgets those; the ones that they replace must not come back.
    """
    if isinstance(error, Conflict):
        sentence = Sentence(SENT_BEFORE, error.sentence.values)
        return reshow(page, typed | {"idempotency_key": ""}, {"": sentence}, error.status)
    errors = error.fields or {"": error.sentence}
    if chosen - errors.keys():
        typed = _without(typed, {CHECK_ID, MODEL_FILE_OF})
    # What is hidden in the form could not be corrected there.
    typed = _without(typed, errors.keys() & {"parent", MODEL_FILE_OF})
    # Of a body that was too large to be read, nothing is known.
    response = reshow(page, typed or first_values(""), form_errors(errors, typed), error.status)
    if isinstance(error, NoRunsLeft):
        response.headers.update(refusal_headers(error))
    return response


def _without(values: dict[str, str], names: Collection[str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if name not in names}
