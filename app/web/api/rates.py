"""How often somebody may ask the API, and the headers that tell it (draft-ietf-httpapi-ratelimit-headers).

Counted in this process and not in the database: a limit that writes for every read would make all readers wait for
SQLite's one writer, to protect against less than that. Several web processes allow as many times the limit; what must
be exact (the daily quota, tries of passwords) is counted in the database.

A token counts for its user, so that another token is no other limit. Whose a token is becomes known by the request
that uses it; until then, and without one, the network address counts.
"""

import hashlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core import throttle
from app.core.errors import TooMany
from app.core.sentences import N_, Sentence
from app.core.settings import get_settings
from app.web.known_browsers import host_of
from app.web.problems import answer_problem

PREFIX = "/api/"
WINDOW_S = 60
# So much memory is left to strangers who come from ever new addresses.
KEPT_MAXIMUM = 20_000
POLICY = '"api";q={quota};w={window}'
LEFT = '"api";r={left};t={seconds}'
ASKED_TOO_OFTEN = N_("More than %(quota)s requests in a minute. Ask again in %(seconds)s seconds.")


@dataclass
class Window:
    """A minute of one asker's requests, from the first of them on."""

    begins_s: float
    used: int = 0


@dataclass(frozen=True)
class Rate:
    """Where an asker stands: requests of a window, how many of them are left, whole seconds until the next window."""

    quota: int
    left: int
    seconds: int
    is_refused: bool

    @property
    def headers(self) -> dict[str, str]:
        """For the answer; nothing where nobody counts."""
        if not self.quota:
            return {}
        return {
            "RateLimit-Policy": POLICY.format(quota=self.quota, window=WINDOW_S),
            "RateLimit": LEFT.format(left=self.left, seconds=self.seconds),
        }


class Rates:
    """The counts of this process, and whose the tokens are that were seen. `clock`: seconds, never going back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.windows: dict[str, Window] = {}
        self.users: dict[str, int] = {}

    def count(self, asker: str, quota: int) -> Rate:
        """Count a request. A refused one costs nothing."""
        if quota == 0:
            return Rate(0, 0, 0, is_refused=False)
        moment = self.clock()
        window = self.windows.get(asker)
        if window is None or moment >= window.begins_s + WINDOW_S:
            self._make_room(moment)
            window = self.windows[asker] = Window(moment)
        is_refused = window.used >= quota
        window.used += not is_refused
        seconds = max(1, math.ceil(window.begins_s + WINDOW_S - moment))
        return Rate(quota, quota - window.used, seconds, is_refused)

    def _make_room(self, moment: float) -> None:
        if len(self.windows) < KEPT_MAXIMUM:
            return
        self.windows = {asker: each for asker, each in self.windows.items() if moment < each.begins_s + WINDOW_S}
        # Still full: an attack from many addresses. Forgetting all lets everybody in, and costs nobody anything.
        if len(self.windows) >= KEPT_MAXIMUM:
            self.windows.clear()

    def remember(self, token: str, user_id: int | None) -> None:
        """Note whose token this is; None: nobody's, or nobody's any more."""
        if user_id is None:
            self.users.pop(token, None)
            return
        if len(self.users) >= KEPT_MAXIMUM:
            self.users.clear()
        self.users[token] = user_id


@lru_cache
def get_rates() -> Rates:
    """The counts of this process."""
    return Rates()


class ApiRates:
    """ASGI middleware: counts before anything of a request is read or looked up."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on if it is not one too many; the answer says what is left."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        token, rate = _token(request), _rate(request)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(MutableHeaders(scope=message), rate)
                if token:
                    _learn(request, token, message["status"])
            await send(message)

        app = _refusal(request, rate) if rate.is_refused else self.app
        await app(scope, receive, send_with_headers)


def _token(request: Request) -> str:
    """A hash of the token that was sent, if one was."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return hashlib.sha256(token.strip().encode()).hexdigest() if scheme.lower() == "bearer" else ""


def _rate(request: Request) -> Rate:
    settings, rates = get_settings(), get_rates()
    user_id = rates.users.get(_token(request))
    if user_id is not None:
        return rates.count(f"user:{user_id}", settings.api_requests_per_minute)
    address = throttle.address(host_of(request)).key
    return rates.count(f"address:{address}", settings.api_requests_per_minute_per_address)


def _learn(request: Request, token: str, status: int) -> None:
    """`caller_id` is set where the token was looked up (app/web/api/callers.py)."""
    user_id = getattr(request.state, "caller_id", None)
    if user_id is not None or status == 401:
        get_rates().remember(token, None if status == 401 else user_id)


def _add_headers(headers: MutableHeaders, rate: Rate) -> None:
    """Beside those of the daily quota, where the answer has them."""
    for name, value in rate.headers.items():
        headers[name] = f"{headers[name]}, {value}" if name in headers else value


def _refusal(request: Request, rate: Rate) -> ASGIApp:
    sentence = Sentence(ASKED_TOO_OFTEN, {"quota": rate.quota, "seconds": rate.seconds})
    return answer_problem(request, TooMany(sentence, rate.seconds))
