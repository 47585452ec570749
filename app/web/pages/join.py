"""GET and POST /join: become a user."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from app.core.accounts import NewUser, sign_up
from app.core.errors import InvalidFields
from app.web.addresses import local_or_home
from app.web.dependencies import DbSession, FromOurForm, ThisPage
from app.web.sessions import sign_in

router = APIRouter()


@router.get("/join")
def get_join(page: ThisPage, next: str = "/") -> Response:
    """The form; who is signed in already goes where they wanted."""
    if page.reader is not None:
        return RedirectResponse(local_or_home(next), 303)
    return page.render("join.html", next=local_or_home(next), handle="", name="", errors={})


@router.post("/join", dependencies=[FromOurForm])
def post_join(
    page: ThisPage,
    session: DbSession,
    handle: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Make the user and sign them in."""
    try:
        user = sign_up(session, NewUser(handle, name, password))
    except InvalidFields as error:
        return page.render("join.html", 422, next=local_or_home(next), handle=handle, name=name, errors=error.fields)
    session.flush()
    response = RedirectResponse(local_or_home(next), 303)
    sign_in(page.request, response, user)
    return response
