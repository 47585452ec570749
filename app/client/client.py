"""The client itself: one method for each thing that one does with the service."""

import time
from collections.abc import Callable
from typing import Any, Self

import httpx

from app.client.account import Account
from app.client.analysis import Analysis
from app.client.connection import TIMEOUT_S, Connection
from app.client.discussion import Discussion
from app.client.part import API
from app.client.submissions import Submissions


class Client(Submissions, Analysis, Discussion, Account):
    """A service at one address, used as somebody with a token, or as a stranger who only reads.

    All methods raise `ClientError`. Connections that fail are tried again where that cannot do anything twice.
    Methods that return an iterator read a long list part by part, while it is used.
    """

    def __init__(
        self,
        host: str = "http://127.0.0.1:8000",
        token: str | None = None,
        *,
        language: str = "en",
        timeout_s: float = TIMEOUT_S,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._connection = Connection(host, token, language, timeout_s, transport, sleep)

    @property
    def host(self) -> str:
        """The service's address."""
        return self._connection.host

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the sockets back."""
        self._connection.close()

    def get(self, path: str, **parameters: Any) -> Any:
        """What the API answers at a path below /api/v1 that has no method of its own here."""
        asked = {name: value for name, value in parameters.items() if value is not None}
        return self._connection.json(self._connection.send("GET", API + path, params=asked or None))

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """The same for what writes, with a JSON body; None where the answer has none. Never sent twice."""
        content: dict[str, Any] = {} if body is None else {"json": body}
        answer = self._connection.send(method, API + path, is_repeatable=False, **content)
        return self._connection.json(answer) if answer.content else None
