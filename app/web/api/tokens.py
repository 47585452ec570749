"""API tokens: made, listed, revoked."""

from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from app.core.accounts import is_one_line
from app.core.database import session_scope
from app.core.errors import InvalidFields, NotAllowed
from app.core.sentences import N_, Sentence
from app.core.tables import ApiToken, User
from app.core.tokens import SCOPES, add_token, check_scopes, revoke_token, scopes_of, tokens_of
from app.web.api.bodies import json_body, problems
from app.web.api.callers import Caller, TokenMaker
from app.web.api.parts import AskedPart
from app.web.api.shapes import read_known

router = APIRouter(tags=["tokens"])
NAME_MAXIMUM = 80


class NewToken(BaseModel):
    """What a token is for, so that its owner knows it again."""

    name: str = Field(min_length=1, max_length=NAME_MAXIMUM, examples=["laptop"])
    scopes: list[Literal["read", "submit"]] = Field(
        default=["read", "submit"], description="read: what you may see; submit: that, submit, and change what is yours"
    )


class TokenBody(BaseModel):
    """A token, without its secret."""

    id: int
    name: str
    scopes: list[str] = Field(examples=[["read", "submit"]])
    created: datetime
    last_used: datetime | None


class Tokens(BaseModel):
    """A part of mine, newest first."""

    tokens: list[TokenBody]
    next: str | None = Field(description="address of the part that follows; null at the end")


class MadeToken(TokenBody):
    """A new token. It is shown this once; only its hash is kept."""

    token: str = Field(examples=["mnb_…"])


@router.post(
    "/tokens",
    operation_id="createToken",
    summary="Make a token",
    status_code=201,
    responses=problems(400, 401, 403, 409, 413, 415, 422, 429),
    openapi_extra=json_body(NewToken),
)
async def post_token(request: Request, response: Response, maker: TokenMaker) -> MadeToken:
    """With a token, or with handle and password: `curl -u handle --json '{"name": "laptop"}' …/api/v1/tokens`."""
    given = await read_known(request, NewToken)
    name, scopes = _parse_name(given), _parse_scopes(given.get("scopes", list(SCOPES)))
    own = getattr(request.state, "scopes", SCOPES)
    if not set(scopes) <= set(own):
        text = N_("A token can make others that may do what it may itself: “%(scopes)s”.")
        raise NotAllowed(Sentence(text, {"scopes": " ".join(own)}))
    response.headers["Cache-Control"] = "no-store"
    return await run_in_threadpool(_make, maker, name, scopes)


def _parse_name(given: dict[str, object]) -> str:
    name = given.get("name")
    shown = name.strip() if isinstance(name, str) else ""
    if not (0 < len(shown) <= NAME_MAXIMUM and is_one_line(shown)):
        text = N_("Give the token a name of 1 to %(maximum)s characters, e.g. laptop; “%(value)s” was given.")
        raise InvalidFields({"name": Sentence(text, {"maximum": NAME_MAXIMUM, "value": str(name)[:40]})})
    return shown


def _parse_scopes(given: object) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(scope, str) for scope in given):
        text = N_("scopes must be a list such as [“read”, “submit”]; “%(value)s” was given.")
        raise InvalidFields({"scopes": Sentence(text, {"value": str(given)[:40]})})
    return check_scopes(given)


def _make(user: User, name: str, scopes: list[str]) -> MadeToken:
    with session_scope() as session:
        secret = add_token(session, user, name, scopes)
        session.flush()
        return MadeToken.model_validate(_described(tokens_of(session, user)[0]) | {"token": secret})


def _described(token: ApiToken) -> dict[str, Any]:
    return token.model_dump(exclude={"scopes"}) | {"scopes": scopes_of(token)}


@router.get("/tokens", operation_id="listTokens", summary="My tokens, newest first", responses=problems(401, 422))
def get_tokens(caller: Caller, part: AskedPart) -> Tokens:
    """Without their secrets: those are not kept."""
    with session_scope() as session:
        shown, following = part.cut(
            tokens_of(session, caller, part.limit + 1, before=part.position), lambda token: token.stored_id
        )
        return Tokens(tokens=[TokenBody.model_validate(_described(token)) for token in shown], next=following)


@router.delete(
    "/tokens/{token_id}",
    operation_id="revokeToken",
    summary="Revoke one of my tokens",
    status_code=204,
    responses=problems(401, 403, 404, 422),
)
def delete_token(token_id: int, caller: Caller) -> None:
    """It stops working at once."""
    with session_scope() as session:
        revoke_token(session, caller, token_id)
