"""GET and POST /sign-in, POST /sign-out and /sign-out/everywhere."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from app.core.accounts import end_sessions
from app.core.errors import TooMany
from app.core.sentences import N_, Sentence
from app.core.signing_in import check_sign_in
from app.core.tables import User
from app.web.addresses import local_or_home
from app.web.dependencies import CurrentUser, DbSession, FromOurForm, ThisPage
from app.web.identity_providers import shown_providers
from app.web.known_browsers import host_of, known_mark, remember_known
from app.web.page import Page
from app.web.sessions import sign_in, sign_out

router = APIRouter()
# One sentence for an unknown handle and for a wrong password: it tells a stranger nothing about who is here.
WRONG = Sentence(N_("Handle and password do not belong together. Check both and try again."))


@router.get("/sign-in")
def get_sign_in(page: ThisPage, next: str = "/") -> Response:
    """The form; who is signed in already goes where they wanted."""
    if page.reader is not None:
        return RedirectResponse(local_or_home(next), 303)
    return page.render("sign_in.html", next=local_or_home(next), handle="", providers=shown_providers(), errors={})


@router.post("/sign-in", dependencies=[FromOurForm])
def post_sign_in(
    page: ThisPage,
    handle: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Check the password and go where the reader wanted."""
    try:
        user = check_sign_in(handle, password, host_of(page.request), known_mark(page.request, handle))
    except TooMany as error:
        response = _refuse(page, 429, handle, next, error.sentence)
        response.headers["Retry-After"] = str(error.retry_after_s)
        return response
    if user is None:
        return _refuse(page, 422, handle, next, WRONG)
    response = RedirectResponse(local_or_home(next), 303)
    sign_in(page.request, response, user)
    remember_known(page.request, response, user)
    return response


def _refuse(page: Page, status: int, handle: str, next: str, sentence: Sentence) -> Response:
    errors = {"password": sentence}
    return page.render(
        "sign_in.html", status, next=local_or_home(next), handle=handle, providers=shown_providers(), errors=errors
    )


@router.post("/sign-out", dependencies=[FromOurForm])
def post_sign_out() -> RedirectResponse:
    """Forget who is signed in, in this browser."""
    response = RedirectResponse("/", 303)
    sign_out(response)
    return response


@router.post("/sign-out/everywhere", dependencies=[FromOurForm])
def post_sign_out_everywhere(session: DbSession, reader: CurrentUser) -> RedirectResponse:
    """End the sessions of all browsers, this one's too."""
    end_sessions(session, session.get_one(User, reader.id))
    response = RedirectResponse("/sign-in", 303)
    sign_out(response)
    return response
