"""Feed readers cannot sign in: where only members may read, the address of a member's feed carries a key.

It opens feeds and nothing else, and ends with the member's sessions (password, signing out everywhere). It is salted
anew for each page, like a form's token: a compressed page must hold no constant secret.
"""

import hmac
import secrets

from sqlmodel import Session
from starlette.requests import Request

from app.core.settings import get_settings
from app.core.tables import User
from app.web.sessions import mark_of

PARAMETER = "key"
SUFFIX = ".atom"


def make_key(user: User) -> str:
    """A key for the addresses of feeds."""
    salt = secrets.token_hex(8)
    return f"{user.stored_id}.{salt}.{_signature(user, salt)}"


def _signature(user: User, salt: str) -> str:
    message = f"feed:{user.stored_id}:{salt}:{mark_of(user)}"
    return hmac.new(get_settings().resolved_secret_key.encode(), message.encode(), "sha256").hexdigest()[:32]


def is_feed(request: Request) -> bool:
    """Whether a feed is asked for."""
    return request.url.path.endswith(SUFFIX)


def is_opened(session: Session, request: Request) -> bool:
    """Whether the address carries the key of somebody who is here."""
    number, _, rest = request.query_params.get(PARAMETER, "").partition(".")
    salt, _, signature = rest.partition(".")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        return False
    user = session.get(User, int(number))
    if user is None or user.departed is not None:
        return False
    return hmac.compare_digest(signature.encode(), _signature(user, salt).encode())
