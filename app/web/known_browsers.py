"""Browsers that have signed in to an account before: guesses from elsewhere do not make them wait.

A signed cookie names the accounts and carries a random mark, under which the browser's own failures are counted: a
stolen cookie buys a few guesses, not unlimited ones.
"""

import secrets

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import Response

from app.core.settings import get_settings
from app.core.signing_in import check_sign_in
from app.core.tables import User
from app.web.sessions import Reader, set_cookie

KNOWN_COOKIE = "known"
KNOWN_S = 180 * 24 * 3600
# On a machine of a lab many people sign in; the last ones are enough.
HANDLES_MAXIMUM = 8


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(get_settings().resolved_secret_key, salt="known")


def _known(request: Request) -> tuple[str, list[str]]:
    """The browser's mark and the handles that have signed in from it."""
    try:
        mark, handles = _serializer().loads(request.cookies.get(KNOWN_COOKIE, ""), max_age=KNOWN_S)
        return str(mark), [str(handle) for handle in handles]
    except (BadSignature, ValueError, TypeError):
        return secrets.token_urlsafe(9), []


def known_mark(request: Request, handle: str) -> str:
    """The browser's mark if this handle has signed in from it, else nothing."""
    mark, handles = _known(request)
    return mark if handle.strip().lower() in handles else ""


def remember_known(request: Request, response: Response, user: User) -> None:
    """Note in the browser that this user has signed in from it."""
    mark, handles = _known(request)
    kept = [user.handle, *(handle for handle in handles if handle != user.handle)][:HANDLES_MAXIMUM]
    set_cookie(request, response, KNOWN_COOKIE, _serializer().dumps([mark, kept]), KNOWN_S)


def host_of(request: Request) -> str:
    """The network address that asks, as the server knows it; uvicorn reads a proxy's header for it."""
    return request.client.host if request.client else ""


def owns_password(request: Request, reader: Reader, password: str) -> bool:
    """Whether this is the reader's password, or they have none: asked before what cannot be undone.

    Raises:
        TooMany: after too many wrong ones; a borrowed session must not be a way to guess.
    """
    if not reader.has_password:
        return True
    return check_sign_in(reader.handle, password, host_of(request), f"user {reader.id}") is not None
