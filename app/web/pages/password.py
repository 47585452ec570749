"""GET and POST /me/password: set the first password, or a new one."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from app.core.accounts import set_password
from app.core.errors import InvalidFields
from app.core.sentences import N_, Sentence
from app.core.tables import User
from app.core.tokens import revoke_all, tokens_of
from app.web.dependencies import CurrentUser, DbSession, FromOurForm, ThisPage
from app.web.known_browsers import owns_password
from app.web.page import Page
from app.web.sessions import Reader, sign_in

router = APIRouter()


@router.get("/me/password")
def get_password(page: ThisPage, session: DbSession, reader: CurrentUser) -> Response:
    """The form; it asks for the old password if there is one."""
    return _form(page, session, reader)


def _form(page: Page, session: DbSession, reader: Reader, errors: dict[str, Sentence] | None = None) -> Response:
    """With a box for revoking the tokens, if there are any. Who came by a link may have lost more than a password."""
    tokens = len(tokens_of(session, session.get_one(User, reader.id)))
    return page.render(
        "password.html", 422 if errors else 200, asks_old=reader.has_password, tokens=tokens, errors=errors or {}
    )


@router.post("/me/password", dependencies=[FromOurForm])
def post_password(
    page: ThisPage,
    session: DbSession,
    reader: CurrentUser,
    old_password: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    revoke_tokens: Annotated[str, Form()] = "",
) -> Response:
    """Store it. Other browsers are signed out by this, this one stays in."""
    if not owns_password(page.request, reader, old_password):
        return _form(page, session, reader, {"old_password": Sentence(N_("This is not your present password."))})
    user = session.get_one(User, reader.id)
    try:
        set_password(session, user, password)
    except InvalidFields as error:
        return _form(page, session, reader, error.fields)
    if revoke_tokens:
        revoke_all(session, user)
    response = RedirectResponse("/me", 303)
    sign_in(page.request, response, user)
    return response
