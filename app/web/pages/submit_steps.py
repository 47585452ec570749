"""The submit form again, with something done to it. Nothing is submitted here.

POST /submit/check: what a worker says of its files. POST /submit/suggestions: with the script's own settings.
POST /submit/model: for another model of the zoo.
"""

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse

from app.core.errors import InvalidFields, UploadTooLarge
from app.web.check_view import view_of
from app.web.checking import check_now
from app.web.csrf import FIELD, check_token
from app.web.dependencies import CurrentUser, ThisPage
from app.web.pages.submit import reshow_with_errors
from app.web.pages.submit_page import Sent, check_of, reshow
from app.web.submit_fields import checked, texts_of
from app.web.submit_form import values_of_model, values_of_script
from app.web.uploads import CHECK_ID, open_form

router = APIRouter(prefix="/submit")


@router.get("/check")
@router.get("/suggestions")
@router.get("/model")
def get_step(lang: str = "") -> RedirectResponse:
    """Where the language switch of a form that was shown again leads."""
    return RedirectResponse(f"/submit?{urlencode({'lang': lang})}" if lang else "/submit", 303)


@router.post("/check")
async def post_check(page: ThisPage, request: Request, reader: CurrentUser) -> HTMLResponse:
    """The form with what a worker says of its files. They are kept, so that they need not be chosen again."""
    sent = Sent()
    try:
        user, asked = await sent.read(request, reader, checked)
        answer = await check_now(user, asked)
    except (InvalidFields, UploadTooLarge) as error:
        return await run_in_threadpool(reshow_with_errors, page, sent.typed, sent.chosen, error)
    view = view_of(answer.check, answer.silence)
    return await run_in_threadpool(reshow, page, sent.typed | {CHECK_ID: view.id}, None, 200, view)


@router.post("/suggestions")
async def post_suggestions(page: ThisPage, request: Request, reader: CurrentUser) -> HTMLResponse:
    """The form with the settings that the uploaded script itself uses."""
    async with open_form(request) as form:
        # Nothing is stored; but another site must not fill in the form for us to show it as ours.
        check_token(request, reader, str(form.get(FIELD, "")))
        typed = texts_of(form)
    view = await run_in_threadpool(check_of, reader, typed.get(CHECK_ID, ""))
    return await run_in_threadpool(reshow, page, values_of_script(typed, view))


@router.post("/model")
async def post_model(page: ThisPage, request: Request, reader: CurrentUser) -> HTMLResponse:
    """The form with another model's options."""
    async with open_form(request) as form:
        # Nothing is stored; but another site must not fill in the form for us to show it as ours.
        check_token(request, reader, str(form.get(FIELD, "")))
        typed = texts_of(form)
    return await run_in_threadpool(reshow, page, values_of_model(typed))
