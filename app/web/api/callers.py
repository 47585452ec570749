"""Who calls: by bearer token, and for the very first token by handle and password."""

import base64
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBasic, HTTPBasicCredentials, HTTPBearer

from app.core.database import session_scope
from app.core.errors import NotAllowed, NotSignedIn
from app.core.sentences import N_, Sentence
from app.core.shown_names import read_by
from app.core.signing_in import check_sign_in
from app.core.tables import User
from app.core.tokens import READ, SUBMIT, scopes_of, use_token
from app.web.known_browsers import host_of

# One sentence for a missing, an unknown and a revoked token: it tells a stranger nothing.
TOKEN_NEEDED = N_(
    "This needs a valid API token in the header “Authorization: Bearer …”. Make one on your page, or send your handle "
    'and password as HTTP Basic: curl -u HANDLE --json \'{"name": "laptop"}\' …/api/v1/tokens'
)
SCOPE_MISSING = N_(
    "This token may only “%(scopes)s”; this request needs “%(needed)s”. "
    "Make another token on your page, with that scope."
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
    return caller(request, bearer)


def caller(request: Request, bearer: Bearer) -> User:
    """Whose token was sent. Raises NotAllowed where the token may not do such a thing."""
    used = None
    if bearer is not None:
        with session_scope() as session:
            used = use_token(session, bearer.credentials)
    if used is None:
        raise NotSignedIn(Sentence(TOKEN_NEEDED))
    user, token = used
    request.state.scopes = scopes_of(token)
    request.state.caller_id = user.stored_id
    needed = READ if request.method in ("GET", "HEAD") else SUBMIT
    if needed not in request.state.scopes:
        raise NotAllowed(Sentence(SCOPE_MISSING, {"scopes": token.scopes, "needed": needed}))
    read_by(user)
    return user


def token_maker(request: Request, bearer: Bearer, basic: Basic) -> User:
    """Whose token, or whose handle and password was sent."""
    if basic is None:
        return caller(request, bearer)
    return password_owner(request, basic)


def password_owner(request: Request, basic: Basic) -> User:
    """Whose handle and password was sent. Raises TooMany after many wrong ones."""
    user = check_sign_in(basic.username, basic.password, host_of(request)) if basic else None
    if user is None:
        raise NotSignedIn(Sentence(PASSWORD_WRONG))
    return user


Reader = Annotated[User | None, Depends(reader)]
Caller = Annotated[User, Depends(caller)]
TokenMaker = Annotated[User, Depends(token_maker)]
# For what a stolen token must not be able to do.
PasswordOwner = Annotated[User, Depends(password_owner)]
