"""GET and POST /me/tokens, POST /me/tokens/{id}/revoke: keys for programs."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from app.core.accounts import add_token, is_one_line, revoke_token, tokens_of
from app.core.sentences import N_, Sentence
from app.core.tables import User
from app.web.dependencies import CurrentUser, DbSession, FromOurForm, ThisPage

router = APIRouter(prefix="/me/tokens")
NAME_MAXIMUM = 80


@router.get("")
def get_tokens(page: ThisPage, session: DbSession, reader: CurrentUser) -> Response:
    """The list, without secrets: those are not kept."""
    tokens = tokens_of(session, session.get_one(User, reader.id))
    return page.render("tokens.html", tokens=tokens, made="", name="", errors={})


@router.post("", dependencies=[FromOurForm])
def post_token(page: ThisPage, session: DbSession, reader: CurrentUser, name: Annotated[str, Form()] = "") -> Response:
    """Make a token and show it, this once."""
    user = session.get_one(User, reader.id)
    errors = _name_errors(name.strip())
    made = "" if errors else add_token(session, user, name.strip())
    session.flush()
    status = 422 if errors else 200
    response = page.render(
        "tokens.html", status, tokens=tokens_of(session, user), made=made, name=name if errors else "", errors=errors
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _name_errors(name: str) -> dict[str, Sentence]:
    if 0 < len(name) <= NAME_MAXIMUM and is_one_line(name):
        return {}
    text = N_("Give the token a name of 1 to %(maximum)s characters, e.g. laptop; “%(value)s” was given.")
    return {"name": Sentence(text, {"maximum": NAME_MAXIMUM, "value": name[:40]})}


@router.post("/{token_id}/revoke", dependencies=[FromOurForm])
def post_revoke(session: DbSession, reader: CurrentUser, token_id: int) -> RedirectResponse:
    """It stops working at once."""
    revoke_token(session, session.get_one(User, reader.id), token_id)
    return RedirectResponse("/me/tokens", 303)
