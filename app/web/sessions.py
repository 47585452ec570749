"""Who is signed in: a signed cookie that says so, and what pages know of that user."""

import hashlib
import hmac
from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from app.core.settings import get_settings
from app.core.tables import User

SESSION_COOKIE = "session"
# A homework lasts weeks; after a month without a visit a password is asked for again.
SESSION_S = 30 * 24 * 3600


@dataclass(frozen=True)
class Reader:
    """The signed-in user as pages know them: plain values that outlive the database session."""

    id: int
    handle: str
    name: str
    role: str
    language: str
    has_password: bool


def reader_of(user: User) -> Reader:
    """What pages know of a user."""
    return Reader(user.stored_id, user.handle, user.name, user.role, user.language, bool(user.password_hash))


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(get_settings().resolved_secret_key, salt="session")


def signed_in_user(session: Session, request: Request) -> User | None:
    """The user of the request's cookie, if its signature and age are good and nobody signed out everywhere since."""
    try:
        user_id, mark = _serializer().loads(request.cookies.get(SESSION_COOKIE, ""), max_age=SESSION_S)
        user = session.get(User, int(user_id))
    except (BadSignature, ValueError, TypeError, OverflowError):
        return None
    if user is None or user.departed is not None:
        return None
    return user if hmac.compare_digest(str(mark).encode(), mark_of(user).encode()) else None


def sign_in(request: Request, response: Response, user: User) -> None:
    """Let the response's cookie say that this user is signed in."""
    value = _serializer().dumps([user.stored_id, mark_of(user)])
    set_cookie(request, response, SESSION_COOKIE, value, SESSION_S)


def sign_out(response: Response) -> None:
    """Take the cookie away."""
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="lax")


def mark_of(user: User) -> str:
    """Changes with the password and with signing out everywhere: either ends all other sessions."""
    return hashlib.sha256((user.password_hash + user.session_mark).encode()).hexdigest()[:12]


def set_cookie(request: Request, response: Response, name: str, value: str, age_s: int) -> None:
    """A cookie that scripts cannot read and other sites cannot send along with a form."""
    response.set_cookie(
        name, value, max_age=age_s, httponly=True, samesite="lax", secure=request.url.scheme == "https", path="/"
    )
