"""Forms of other sites cannot speak for our users: every form carries a token that only our own pages can make.

The token is an HMAC over a random cookie of the browser and over who is signed in. It is salted anew for each page:
a compressed page must not hold a constant secret beside text that others chose (the BREACH attack).
"""

import hmac
import secrets

from starlette.requests import Request
from starlette.responses import Response

from app.core.errors import NotAllowed
from app.core.sentences import N_, Sentence
from app.core.settings import get_settings
from app.web.sessions import Reader, set_cookie

BROWSER_COOKIE = "browser"
BROWSER_S = 365 * 24 * 3600
FIELD = "csrf_token"


def make_token(request: Request, reader: Reader | None) -> str:
    """A token for the forms of one page."""
    salt = secrets.token_hex(8)
    return f"{salt}.{_signature(salt, _browser(request), reader)}"


def _browser(request: Request) -> str:
    """What the browser's cookie says, or will say once `remember_browser` has set it."""
    if not hasattr(request.state, "browser"):
        request.state.browser = request.cookies.get(BROWSER_COOKIE) or secrets.token_urlsafe(16)
    return str(request.state.browser)


def remember_browser(request: Request, response: Response) -> None:
    """Set the cookie that the page's token belongs to, unless the browser has it."""
    if BROWSER_COOKIE not in request.cookies and hasattr(request.state, "browser"):
        set_cookie(request, response, BROWSER_COOKIE, request.state.browser, BROWSER_S)


def _signature(salt: str, browser: str, reader: Reader | None) -> str:
    message = f"csrf:{salt}:{browser}:{reader.id if reader else ''}"
    return hmac.new(get_settings().resolved_secret_key.encode(), message.encode(), "sha256").hexdigest()


def check_token(request: Request, reader: Reader | None, token: str) -> None:
    """Raise NotAllowed unless the token was made for this browser and this user."""
    salt, _, signature = token.partition(".")
    browser = request.cookies.get(BROWSER_COOKIE, "")
    expected = _signature(salt, browser, reader)
    if not (browser and hmac.compare_digest(signature.encode(), expected.encode())):
        text = N_("This form has expired, or your browser keeps no cookies. Go back, reload the page, send it again.")
        raise NotAllowed(Sentence(text))
