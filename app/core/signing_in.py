"""Signing in with a password, throttled. Each step is a short transaction of its own: argon2 takes its time, and
SQLite has one writer."""

from app.core.accounts import check_password
from app.core.database import session_scope
from app.core.tables import User
from app.core.throttle import Guessed, account, address, begin_attempt, forget, known_browser


def check_sign_in(handle: str, password: str, host: str, browser_mark: str = "") -> User | None:
    """The user, if the password is theirs.

    Args:
        handle: As it was typed.
        password: As it was typed.
        host: The network address that asks.
        browser_mark: What tells a browser that has signed in to this account before; empty for all others.

    Raises:
        TooMany: after too many failures for this account or from this address.
    """
    with session_scope() as session:
        attempt = begin_attempt(session, *_guessed(handle, host, browser_mark))
    with session_scope() as session:
        user = check_password(session, handle, password)
        if user is not None:
            forget(session, attempt)
    return user


def _guessed(handle: str, host: str, browser_mark: str) -> list[Guessed]:
    if browser_mark:
        return [known_browser(handle, browser_mark)]
    return [account(handle), address(host)]
