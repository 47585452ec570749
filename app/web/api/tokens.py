"""API tokens: made, listed, revoked."""

from datetime import datetime

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from app.core.accounts import add_token, find_token, is_one_line, revoke_token, tokens_of
from app.core.database import session_scope
from app.core.errors import InvalidFields
from app.core.sentences import N_, Sentence
from app.core.tables import User
from app.web.api.bodies import json_body, problems, read_json
from app.web.api.callers import Caller, TokenMaker

router = APIRouter(tags=["tokens"])
NAME_MAXIMUM = 80


class NewToken(BaseModel):
    """What a token is for, so that its owner knows it again."""

    name: str = Field(min_length=1, max_length=NAME_MAXIMUM, examples=["laptop"])


class TokenBody(BaseModel):
    """A token, without its secret."""

    id: int
    name: str
    created: datetime
    last_used: datetime | None


class MadeToken(TokenBody):
    """A new token. It is shown this once; only its hash is kept."""

    token: str = Field(examples=["mnb_…"])


@router.post(
    "/tokens",
    operation_id="createToken",
    summary="Make a token",
    status_code=201,
    responses=problems(400, 401, 413, 415, 422),
    openapi_extra=json_body(NewToken),
)
async def post_token(request: Request, response: Response, maker: TokenMaker) -> MadeToken:
    """With a token, or with handle and password: `curl -u handle --json '{"name": "laptop"}' …/api/v1/tokens`."""
    name = _parse_name(await read_json(request))
    response.headers["Cache-Control"] = "no-store"
    return await run_in_threadpool(_make, maker, name)


def _parse_name(given: dict[str, object]) -> str:
    name = given.get("name")
    shown = name.strip() if isinstance(name, str) else ""
    if not (0 < len(shown) <= NAME_MAXIMUM and is_one_line(shown)):
        text = N_("Give the token a name of 1 to %(maximum)s characters, e.g. laptop; “%(value)s” was given.")
        raise InvalidFields({"name": Sentence(text, {"maximum": NAME_MAXIMUM, "value": str(name)[:40]})})
    return shown


def _make(user: User, name: str) -> MadeToken:
    with session_scope() as session:
        secret = add_token(session, user, name)
        session.flush()
        return MadeToken.model_validate(vars(find_token(session, secret)) | {"token": secret})


@router.get("/tokens", operation_id="listTokens", summary="My tokens, newest first", responses=problems(401))
def get_tokens(caller: Caller) -> list[TokenBody]:
    """Without their secrets: those are not kept."""
    with session_scope() as session:
        return [TokenBody.model_validate(token, from_attributes=True) for token in tokens_of(session, caller)]


@router.delete(
    "/tokens/{token_id}",
    operation_id="revokeToken",
    summary="Revoke one of my tokens",
    status_code=204,
    responses=problems(401, 404, 422),
)
def delete_token(token_id: int, caller: Caller) -> None:
    """It stops working at once."""
    with session_scope() as session:
        revoke_token(session, caller, token_id)
