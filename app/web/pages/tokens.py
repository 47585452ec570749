"""GET and POST /me/tokens, POST /me/tokens/{id}/revoke: keys for programs."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from app.core.accounts import is_one_line
from app.core.errors import Conflict, InvalidFields
from app.core.sentences import N_, Sentence
from app.core.tables import User
from app.core.tokens import SCOPE_WORDS, SCOPES, add_token, check_scopes, revoke_token, tokens_of
from app.web.dependencies import CurrentUser, DbSession, FromOurForm, ThisPage

router = APIRouter(prefix="/me/tokens")
NAME_MAXIMUM = 80
BOTH = " ".join(SCOPES)


@router.get("")
def get_tokens(page: ThisPage, session: DbSession, reader: CurrentUser) -> Response:
    """The list, without secrets: those are not kept."""
    tokens = tokens_of(session, session.get_one(User, reader.id))
    return page.render("tokens.html", tokens=tokens, made="", name="", chosen=BOTH, words=SCOPE_WORDS, errors={})


@router.post("", dependencies=[FromOurForm])
def post_token(
    page: ThisPage,
    session: DbSession,
    reader: CurrentUser,
    name: Annotated[str, Form()] = "",
    scopes: Annotated[str, Form()] = BOTH,
) -> Response:
    """Make a token and show it, this once."""
    user = session.get_one(User, reader.id)
    errors = _errors(name.strip(), scopes)
    made = ""
    try:
        made = "" if errors else add_token(session, user, name.strip(), scopes.split())
    except Conflict as error:
        errors = {"name": error.sentence}
    session.flush()
    response = page.render(
        "tokens.html",
        422 if errors else 200,
        tokens=tokens_of(session, user),
        made=made,
        name=name if errors else "",
        chosen=scopes if errors else BOTH,
        words=SCOPE_WORDS,
        errors=errors,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _errors(name: str, scopes: str) -> dict[str, Sentence]:
    errors: dict[str, Sentence] = {}
    if not (0 < len(name) <= NAME_MAXIMUM and is_one_line(name)):
        text = N_("Give the token a name of 1 to %(maximum)s characters, e.g. laptop; “%(value)s” was given.")
        errors["name"] = Sentence(text, {"maximum": NAME_MAXIMUM, "value": name[:40]})
    try:
        check_scopes(scopes.split())
    except InvalidFields as error:
        errors |= error.fields
    return errors


@router.post("/{token_id}/revoke", dependencies=[FromOurForm])
def post_revoke(session: DbSession, reader: CurrentUser, token_id: int) -> RedirectResponse:
    """It stops working at once."""
    revoke_token(session, session.get_one(User, reader.id), token_id)
    return RedirectResponse("/me/tokens", 303)
