"""Who is signed in: a signed cookie that says so, and what pages know of that user."""

import hashlib
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
    """The user of the request's cookie, if its signature and age are good and the password is still the same."""
    try:
        user_id, password_mark = _serializer().loads(request.cookies.get(SESSION_COOKIE, ""), max_age=SESSION_S)
        user = session.get(User, int(user_id))
    except (BadSignature, ValueError, TypeError):
        return None
    return user if user is not None and password_mark == _password_mark(user) else None


def sign_in(request: Request, response: Response, user: User) -> None:
    """Let the response's cookie say that this user is signed in."""
    value = _serializer().dumps([user.stored_id, _password_mark(user)])
    set_cookie(request, response, SESSION_COOKIE, value, SESSION_S)


def sign_out(response: Response) -> None:
    """Take the cookie away."""
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="lax")


def _password_mark(user: User) -> str:
    """Changes with the password, so that a new password ends all other sessions."""
    return hashlib.sha256(user.password_hash.encode()).hexdigest()[:12]


def set_cookie(request: Request, response: Response, name: str, value: str, age_s: int) -> None:
    """A cookie that scripts cannot read and other sites cannot send along with a form."""
    response.set_cookie(
        name, value, max_age=age_s, httponly=True, samesite="lax", secure=request.url.scheme == "https", path="/"
    )
