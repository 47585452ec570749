"""GET and POST /me/password: set the first password, or a new one."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from app.core.accounts import check_password, set_password
from app.core.errors import InvalidFields
from app.core.sentences import N_, Sentence
from app.core.tables import User
from app.web.dependencies import CurrentUser, DbSession, FromOurForm, ThisPage
from app.web.sessions import sign_in

router = APIRouter()


@router.get("/me/password")
def get_password(page: ThisPage, reader: CurrentUser) -> Response:
    """The form; it asks for the old password if there is one."""
    return page.render("password.html", asks_old=reader.has_password, errors={})


@router.post("/me/password", dependencies=[FromOurForm])
def post_password(
    page: ThisPage,
    session: DbSession,
    reader: CurrentUser,
    old_password: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    """Store it. Other browsers are signed out by this, this one stays in."""
    user = session.get_one(User, reader.id)
    if reader.has_password and check_password(session, reader.handle, old_password) is None:
        errors = {"old_password": Sentence(N_("This is not your present password."))}
        return page.render("password.html", 422, asks_old=True, errors=errors)
    try:
        set_password(session, user, password)
    except InvalidFields as error:
        return page.render("password.html", 422, asks_old=reader.has_password, errors=error.fields)
    response = RedirectResponse("/me", 303)
    sign_in(page.request, response, user)
    return response
