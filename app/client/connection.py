"""HTTP to one service: what may be sent again is, and every answer that is no success becomes an exception."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from pydantic import ValidationError

from app.client.bodies import B
from app.client.errors import BadAnswer, ClientError, Refused, Unreachable, refusal

# Together some seven seconds: as long as a web takes to be started again.
PAUSES_S = (0.5, 1.0, 2.0, 4.0)
# A check waits for a worker; everything else is answered at once.
TIMEOUT_S = 60.0
# What a proxy says while nothing is behind it.
PASSING = frozenset({502, 503, 504})
# What the service says of an Idempotency-Key whose request has not ended.
CONFLICT, KEY_IN_USE = 409, "key_in_use"
PROBLEM = "application/problem+json"
LOCAL = ("127.0.0.1", "localhost", "::1")
SHOWN_MAXIMUM = 200


class Interrupted(Exception):
    """The connection failed after something was sent; whether it arrived is not known."""


def clean_host(host: str) -> str:
    """An address as it is compared and stored: with a scheme, without a slash at the end.

    Raises:
        ClientError: if it cannot be the address of a service.
    """
    text = host.strip() if "://" in host else f"http://{host.strip()}"
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        url = httpx.URL()
    is_plain = not (url.userinfo or url.query or url.fragment or set(text) & set(" \t\n\\"))
    if url.scheme not in ("http", "https") or not url.host or not is_plain:
        raise ClientError(f"“{host}” cannot be the address of a service. Write it like this: http://127.0.0.1:8000")
    return text.rstrip("/")


def is_open_to_others(host: str) -> bool:
    """Whether what is sent to this address can be read on the way."""
    url = httpx.URL(host)
    return url.scheme == "http" and url.host not in LOCAL


class Connection:
    """One service at one address. `language`: in which it answers, `en` or `zh`."""

    def __init__(
        self,
        host: str,
        token: str | None,
        language: str = "en",
        timeout_s: float = TIMEOUT_S,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.host = clean_host(host)
        self.sleep = sleep
        headers = {"Accept-Language": language, "User-Agent": "mnist-benchmark-client"}
        if token:
            headers["Authorization"] = f"Bearer {_sendable(token)}"
        # Never follows a redirect: a token is for this address only.
        self._http = httpx.Client(base_url=self.host, headers=headers, timeout=timeout_s, transport=transport)

    def close(self) -> None:
        """Give the sockets back."""
        self._http.close()

    def send(self, method: str, path: str, is_repeatable: bool | None = None, **content: Any) -> httpx.Response:
        """Send a request and return its successful answer.

        `is_repeatable`: whether sending it twice does no more than sending it once; so it is with GET, where nothing
        else is said. Where it is not, it is sent again only if it cannot have arrived.

        Raises:
            ClientError: for everything else.
        """
        is_repeatable = method == "GET" if is_repeatable is None else is_repeatable
        for pause_s in PAUSES_S:
            try:
                response = self._http.request(method, path, **_rewound(content))
            except httpx.TransportError as error:
                if not (is_repeatable or _never_arrived(error)):
                    raise self.unreachable(error) from error
            else:
                if not (is_repeatable and (is_passing(response) or is_under_way(response))):
                    return checked(response)
            self.sleep(pause_s)
        try:
            return checked(self._http.request(method, path, **_rewound(content)))
        except httpx.TransportError as error:
            raise self.unreachable(error) from error

    def read(self, kind: type[B], response: httpx.Response) -> B:
        """An answer as what it should be. Raises BadAnswer if it is something else."""
        return self.parse(kind, self.json(response))

    def parse(self, kind: type[B], answer: Any) -> B:
        """The same of JSON that was read already."""
        try:
            return kind.model_validate(answer)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise BadAnswer(f"{self.host} answers as no version does that this client knows: {where}") from error

    def json(self, response: httpx.Response) -> Any:
        """The JSON in an answer. Raises BadAnswer if it is none."""
        try:
            return response.json()
        except ValueError as error:
            raise BadAnswer(f"{self.host} answers, but not as MNIST Benchmark does. Is the address right?") from error

    @contextmanager
    def stream(self, path: str, **options: Any) -> Iterator[httpx.Response]:
        """A successful answer, read while it comes.

        Raises:
            Interrupted: if the connection cannot be made, or breaks.
            Refused: if the service says no.
        """
        try:
            with self._http.stream("GET", path, **options) as response:
                if not response.is_success:
                    response.read()
                if is_passing(response):
                    raise Interrupted(f"status {response.status_code}")
                yield checked(response)
        except httpx.TransportError as error:
            raise Interrupted(reason_of(error)) from error

    def unreachable(self, error: Exception) -> Unreachable:
        """That nobody answers, with the reason."""
        return Unreachable(f"{self.host} does not answer: {reason_of(error)}. Is the address right, and is it running?")


def _sendable(token: str) -> str:
    """A token that fits into a header. Raises ClientError for one that does not."""
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise ClientError("The token holds spaces or letters that none has. Copy it anew.")
    return token


def reason_of(error: Exception) -> str:
    """Why a connection failed, in few words."""
    return str(error) or type(error).__name__


def _never_arrived(error: httpx.TransportError) -> bool:
    return isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)


def _rewound(content: dict[str, Any]) -> dict[str, Any]:
    """The same content with its files at their beginning: an attempt before may have read them."""
    for _, (_, file) in content.get("files") or ():
        file.seek(0)
    return content


def is_passing(response: httpx.Response) -> bool:
    """Whether a proxy says that the service is not there now; what the service says itself is an answer."""
    return response.status_code in PASSING and PROBLEM not in response.headers.get("content-type", "")


def is_under_way(response: httpx.Response) -> bool:
    """Whether the same request, whose answer was lost on the way, is still being carried out: its answer will come."""
    if response.status_code != CONFLICT or PROBLEM not in response.headers.get("content-type", ""):
        return False
    try:
        return bool(response.json()["code"] == KEY_IN_USE)
    except (ValueError, KeyError, TypeError):
        return False


def checked(response: httpx.Response) -> httpx.Response:
    """A successful answer, or its problem raised as an exception."""
    if response.is_success:
        return response
    raise _refusal(response)


def _refusal(response: httpx.Response) -> Refused:
    waits = response.headers.get("retry-after", "")
    retry_after_s = int(waits) if waits.isascii() and waits.isdecimal() else None
    try:
        problem = response.json()
        fields = {str(name): str(text) for name, text in dict(problem.get("fields") or {}).items()}
        code, sentence = str(problem["code"]), str(problem["detail"])
    except (ValueError, KeyError, TypeError, AttributeError):
        text = f"The address {response.url} answers with status {response.status_code}."
        if "location" in response.headers:
            text += f" It points to {response.headers['location'][:SHOWN_MAXIMUM]}: give that address."
        return refusal(response.status_code, "unknown", text, {})
    return refusal(response.status_code, code, sentence, fields, retry_after_s)
