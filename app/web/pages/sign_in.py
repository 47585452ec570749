"""GET and POST /sign-in, POST /sign-out."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from app.core.accounts import check_password
from app.core.sentences import N_, Sentence
from app.web.addresses import local_or_home
from app.web.dependencies import DbSession, FromOurForm, ThisPage
from app.web.sessions import sign_in, sign_out

router = APIRouter()
# One sentence for an unknown handle and for a wrong password: it tells a stranger nothing about who is here.
WRONG = Sentence(N_("Handle and password do not belong together. Check both and try again."))


@router.get("/sign-in")
def get_sign_in(page: ThisPage, next: str = "/") -> Response:
    """The form; who is signed in already goes where they wanted."""
    if page.reader is not None:
        return RedirectResponse(local_or_home(next), 303)
    return page.render("sign_in.html", next=local_or_home(next), handle="", errors={})


@router.post("/sign-in", dependencies=[FromOurForm])
def post_sign_in(
    page: ThisPage,
    session: DbSession,
    handle: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Check the password and go where the reader wanted."""
    user = check_password(session, handle, password)
    if user is None:
        return page.render("sign_in.html", 422, next=local_or_home(next), handle=handle, errors={"password": WRONG})
    response = RedirectResponse(local_or_home(next), 303)
    sign_in(page.request, response, user)
    return response


@router.post("/sign-out", dependencies=[FromOurForm])
def post_sign_out() -> RedirectResponse:
    """Forget who is signed in."""
    response = RedirectResponse("/", 303)
    sign_out(response)
    return response
