"""What the parts of the client share: reading, writing once, and lists that come in parts."""

import uuid
from collections.abc import Iterator
from typing import Any

from app.client.bodies import B
from app.client.connection import Connection
from app.client.errors import BadAnswer

API = "/api/v1"
# As many as the service gives at once.
PART_ROWS = 200


class Part:
    """A part of the client; all parts use one connection."""

    _connection: Connection

    def _read(self, kind: type[B], path: str, **parameters: Any) -> B:
        return self._connection.read(kind, self._connection.send("GET", API + path, params=_said(parameters)))

    def _answer(self, method: str, path: str, body: dict[str, Any] | None = None, key: str | None = None) -> Any:
        """What a write is answered. It has a key of its own: sent again after a broken line, it is done once."""
        content: dict[str, Any] = {} if body is None else {"json": body}
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        return self._connection.send(method, API + path, is_repeatable=True, headers=headers, **content)

    def _write(
        self, kind: type[B], method: str, path: str, body: dict[str, Any] | None = None, key: str | None = None
    ) -> B:
        return self._connection.read(kind, self._answer(method, path, body, key))

    def _rows(self, kind: type[B], path: str, name: str, **parameters: Any) -> Iterator[B]:
        """All rows of a list, part by part."""
        following: str | None = API + path
        asked = _said({"limit": PART_ROWS} | parameters)
        while following is not None:
            answer = self._connection.json(self._connection.send("GET", following, params=asked))
            # Addresses in `next` say all of it. A list that is never long has no parts.
            asked, following = None, answer.get("next") if isinstance(answer, dict) else None
            for row in self._list(answer, name):
                yield self._connection.parse(kind, row)

    def _list(self, answer: Any, name: str) -> list[Any]:
        rows = answer.get(name) if isinstance(answer, dict) else answer
        if not isinstance(rows, list):
            raise BadAnswer(f"{self._connection.host} answers as no version does that this client knows: {name}")
        return rows


def _said(parameters: dict[str, Any]) -> dict[str, Any] | None:
    """Without what nobody said; None, not nothing: that would take away what an address asks itself."""
    return {name: value for name, value in parameters.items() if value is not None} or None
