"""Addresses: of our static files with their content's mark, of the same page in another language, of where to go."""

import hashlib
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request

STATIC_FOLDER = Path(__file__).parent / "static"


@lru_cache
def static_url(name: str) -> str:
    """A static file's address; it changes with the content, so that browsers may keep it for ever."""
    mark = hashlib.sha256((STATIC_FOLDER / name).read_bytes()).hexdigest()[:8]
    return f"/static/{name}?v={mark}"


def in_language(request: Request, language: str) -> str:
    """The address of this page in a language. The page of a form that was sent is the form's own."""
    parameters = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
    return f"{request.url.path}?{urlencode([*parameters, ('lang', language)])}"


def this_page(request: Request) -> str:
    """Path and query of this page, without the language."""
    parameters = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
    return request.url.path + (f"?{urlencode(parameters)}" if parameters else "")


def is_local(target: str) -> bool:
    """Whether an address leads to a page of ours: a redirect to another site would lend it our name."""
    if not target.startswith("/") or target.startswith(("//", "/\\")):
        return False
    try:
        parts = urlsplit(target)
    except ValueError:
        return False
    # Browsers drop control characters, and what is left may be another address.
    return not parts.scheme and not parts.netloc and target.isprintable() and "\\" not in target


def local_or_home(target: str) -> str:
    """The address if it is one of ours, else the leaderboard."""
    return target if is_local(target) else "/"


def referring_page(request: Request) -> str:
    """Path and query of the page that led here, if it is one of ours, else the leaderboard."""
    parts = urlsplit(request.headers.get("referer", ""))
    if parts.netloc != request.url.netloc:
        return "/"
    return local_or_home(parts.path + (f"?{parts.query}" if parts.query else ""))
