"""Under which address people know this service: it stands in feeds, sign-in links, commands to copy, and redirects.

By default it is the one that a request came by. Behind a proxy that does not pass it on, or where more than one name
leads here, `PUBLIC_URL` says it: then no `Host` header that somebody made up gets into a link.
"""

import re
from functools import lru_cache
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.errors import Problem
from app.core.sentences import N_, Sentence
from app.core.settings import get_settings
from app.web.problems import answer_problem

# A name, an IPv4 address or an IPv6 address in brackets, and a port.
HOST = re.compile(rb"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?")
NO_HOST = N_("The header Host names no host. Send the name under which you reach this service.")


@lru_cache
def _split(url: str) -> tuple[str, bytes]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.encode("ascii")


class PublicAddress:
    """ASGI middleware that lets all that is inside see the public address, and no `Host` that is none."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, under the public address."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        others = [(name, value) for name, value in scope["headers"] if name != b"host"]
        url = get_settings().public_url
        if url:
            scheme, host = _split(url)
            await self.app({**scope, "scheme": scheme, "headers": [*others, (b"host", host)]}, receive, send)
        elif len(hosts) > 1 or not all(HOST.fullmatch(host) for host in hosts):
            # Without the header, or building the answer's own links would fail on it.
            request = Request({**scope, "headers": others})
            await answer_problem(request, Problem(Sentence(NO_HOST)))(request.scope, receive, send)
        else:
            await self.app(scope, receive, send)
