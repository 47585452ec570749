"""Requests that hold what is no text: refused before anything looks at them.

No name, title or number of ours holds a NUL, and PostgreSQL stores none. Bytes that are no UTF-8 would become
replacement signs, and another charset can smuggle in halves of characters that no database and no page can hold.
"""

from email.message import Message as Headers
from urllib.parse import unquote_to_bytes

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.errors import InvalidFields, NotFound, Problem, UnknownContent
from app.core.sentences import N_, Sentence
from app.web.problems import SENTENCES, answer_problem

CHARSETS = ("utf-8", "utf8", "us-ascii", "ascii")
NO_TEXT = N_("%(name)s holds bytes that are no text in UTF-8, or a NUL character.")
NO_CHARSET = N_("Send text in UTF-8; “%(value)s” was sent.")
LONGEST_NAME = 40


class Readable:
    """ASGI middleware: passes on what can be read."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or say what cannot be read in it."""
        app = self.app
        if scope["type"] == "http" and (problem := _problem(scope)):
            app = answer_problem(Request(scope, receive), problem)
        await app(scope, receive, send)


def _problem(scope: Scope) -> Problem | None:
    if not _is_text(scope.get("raw_path") or scope["path"].encode("utf-8", "surrogatepass")):
        return NotFound(SENTENCES[404])
    if not _is_text(query := scope["query_string"]):
        name = _shown(next(part for part in query.split(b"&") if not _is_text(part)))
        return InvalidFields({name: Sentence(NO_TEXT, {"name": name})})
    charset = _charset(scope)
    return None if charset in CHARSETS else UnknownContent(Sentence(NO_CHARSET, {"value": charset[:LONGEST_NAME]}))


def _is_text(quoted: bytes) -> bool:
    data = unquote_to_bytes(quoted)
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in data


def _shown(part: bytes) -> str:
    name = unquote_to_bytes(part.partition(b"=")[0]).decode("utf-8", "replace")
    return "".join(character for character in name if character.isprintable())[:LONGEST_NAME] or "query"


def _charset(scope: Scope) -> str:
    """What the body is said to be written in."""
    if scope["method"] in ("GET", "HEAD"):
        return CHARSETS[0]
    headers = Headers()
    kind = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
    headers["Content-Type"] = kind.decode("latin-1").replace("\r", "").replace("\n", "")
    return str(headers.get_param("charset") or CHARSETS[0]).lower()
