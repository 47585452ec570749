"""GET /me: what is mine. POST /me/name, /me/accounts/{id}/disconnect; GET and POST /me/delete."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from app.core.accounts import set_name
from app.core.departures import depart
from app.core.errors import Conflict, InvalidFields, TooMany
from app.core.identities import disconnect, identities_of
from app.core.sentences import N_, Sentence
from app.core.tables import User
from app.web.csrf import make_token
from app.web.dependencies import CurrentUser, DbSession, FromOurForm, ThisPage
from app.web.identity_providers import shown_providers
from app.web.known_browsers import owns_password
from app.web.page import Page
from app.web.sessions import Reader, sign_out

router = APIRouter(prefix="/me")
HANDLE_WRONG = N_("Type your handle, “%(handle)s”, to confirm.")


@router.get("")
def get_account(page: ThisPage, session: DbSession, reader: CurrentUser) -> Response:
    """Name, password, tokens."""
    return _account(page, session.get_one(User, reader.id), session)


def _account(page: Page, user: User, session: DbSession, errors: dict[str, Sentence] | None = None) -> Response:
    return page.render(
        "account.html",
        422 if errors else 200,
        me=page.reader,
        name=user.name,
        identities=identities_of(session, user),
        providers=shown_providers(),
        connect=make_token(page.request, page.reader),
        errors=errors or {},
    )


@router.post("/name", dependencies=[FromOurForm])
def post_name(page: ThisPage, session: DbSession, reader: CurrentUser, name: Annotated[str, Form()] = "") -> Response:
    """Another name on the leaderboard, also for what was submitted before."""
    user = session.get_one(User, reader.id)
    try:
        set_name(session, user, name)
    except InvalidFields as error:
        return _account(page, user, session, error.fields)
    return RedirectResponse("/me", 303)


@router.post("/accounts/{identity_id}/disconnect", dependencies=[FromOurForm])
def post_disconnect(session: DbSession, reader: CurrentUser, identity_id: int) -> RedirectResponse:
    """Sign in with it no longer."""
    disconnect(session, session.get_one(User, reader.id), identity_id)
    return RedirectResponse("/me", 303)


@router.get("/delete")
def get_delete(page: ThisPage, reader: CurrentUser) -> Response:
    """Asks first, and says what stays."""
    return page.render("delete_account.html", me=reader, errors={})


@router.post("/delete", dependencies=[FromOurForm])
def post_delete(
    page: ThisPage,
    session: DbSession,
    reader: CurrentUser,
    password: Annotated[str, Form()] = "",
    handle: Annotated[str, Form()] = "",
) -> Response:
    """Delete the account; the submissions stay, under no name."""
    if errors := _doubts(page, reader, password, handle):
        return page.render("delete_account.html", 422, me=reader, errors=errors)
    try:
        depart(session, session.get_one(User, reader.id))
    except Conflict as error:
        return page.render("delete_account.html", 409, me=reader, errors={"account": error.sentence})
    response = RedirectResponse("/", 303)
    sign_out(response)
    return response


def _doubts(page: Page, reader: Reader, password: str, handle: str) -> dict[str, Sentence]:
    """Who has no password types their handle instead."""
    if not reader.has_password:
        text = Sentence(HANDLE_WRONG, {"handle": reader.handle})
        return {} if handle.strip().lower() == reader.handle else {"handle": text}
    try:
        is_theirs = owns_password(page.request, reader, password)
    except TooMany as error:
        return {"password": error.sentence}
    return {} if is_theirs else {"password": Sentence(N_("This is not your present password."))}
