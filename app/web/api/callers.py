"""Who calls: by bearer token, and for the very first token by handle and password."""

import base64
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBasic, HTTPBasicCredentials, HTTPBearer

from app.core.accounts import check_password, user_of_token
from app.core.database import session_scope
from app.core.errors import NotSignedIn
from app.core.sentences import N_, Sentence
from app.core.tables import User

# One sentence for a missing, an unknown and a revoked token: it tells a stranger nothing.
TOKEN_NEEDED = N_(
    "This needs a valid API token in the header “Authorization: Bearer …”. Make one on your page, or with "
    "POST /api/v1/tokens and your handle and password."
)
PASSWORD_WRONG = N_("Handle and password do not belong together. Check both and try again.")

Bearer = Annotated[
    HTTPAuthorizationCredentials | None,
    Depends(HTTPBearer(auto_error=False, scheme_name="token", description="An API token: mnb_…")),
]


class Password(HTTPBasic):
    """Handle and password in UTF-8, as curl sends them; FastAPI's own reader takes ASCII only."""

    async def __call__(self, request: Request) -> HTTPBasicCredentials | None:  # type: ignore[override]
        """The credentials, if there are any."""
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            handle, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except ValueError as error:
            raise NotSignedIn(Sentence(PASSWORD_WRONG)) from error
        return HTTPBasicCredentials(username=handle, password=password)


Basic = Annotated[
    HTTPBasicCredentials | None,
    Depends(Password(auto_error=False, scheme_name="password", description="Handle and password.")),
]


def reader(request: Request, bearer: Bearer) -> User | None:
    """Who reads; nobody if no token was sent. A wrong token is refused, so that its owner notices."""
    if "authorization" not in request.headers:
        return None
    return caller(bearer)


def caller(bearer: Bearer) -> User:
    """Whose token was sent."""
    user = None
    if bearer is not None:
        with session_scope() as session:
            user = user_of_token(session, bearer.credentials)
    if user is None:
        raise NotSignedIn(Sentence(TOKEN_NEEDED))
    return user


def token_maker(bearer: Bearer, basic: Basic) -> User:
    """Whose token, or whose handle and password was sent."""
    if basic is None:
        return caller(bearer)
    with session_scope() as session:
        user = check_password(session, basic.username, basic.password)
    if user is None:
        raise NotSignedIn(Sentence(PASSWORD_WRONG))
    return user


Reader = Annotated[User | None, Depends(reader)]
Caller = Annotated[User, Depends(caller)]
TokenMaker = Annotated[User, Depends(token_maker)]
