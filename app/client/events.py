"""A run's story as it happens, from the service's stream of server-sent events."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from app.client.connection import Connection, Interrupted
from app.client.errors import BadAnswer, Unreachable

END = "end"
# The stream says something every 15 s, if only that it is still there.
SILENCE_S = 45.0
# A laptop sleeps, a network goes and comes: five minutes, counted anew with every event.
PAUSES_S = (1.0, 2.0, 4.0, 8.0, *(15.0,) * 19)


@dataclass(frozen=True)
class Event:
    """`kind`: start, model, detected, loss, testing, epoch, log, analysis, end. `data`: as the API documents it."""

    number: int
    kind: str
    data: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {"number": self.number, "kind": self.kind, "data": self.data}


def follow(connection: Connection, path: str, after: int = 0) -> Iterator[Event]:
    """All events behind that number until the run has ended; a broken connection is made again where it broke.

    Raises:
        Unreachable: if it stays broken.
        Refused: if the service says no.
    """
    pauses = iter(PAUSES_S)
    while True:
        try:
            with connection.stream(path, headers={"Last-Event-ID": str(after)}, timeout=SILENCE_S) as response:
                for event in parse_events(response.iter_lines()):
                    after, pauses = event.number, iter(PAUSES_S)
                    yield event
                    if event.kind == END:
                        return
            reason = "the stream ended before the run"
        except Interrupted as error:
            reason = str(error)
        pause_s = next(pauses, None)
        if pause_s is None:
            raise Unreachable(f"{connection.host} does not answer any more: {reason}. The run goes on without us.")
        connection.sleep(pause_s)


def parse_events(lines: Iterable[str]) -> Iterator[Event]:
    """Events from the lines of a stream; one that is cut off is left out. Raises BadAnswer for what is no event."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        else:
            if "data" in fields:
                yield _event(fields)
            fields = {}


def _event(fields: dict[str, str]) -> Event:
    try:
        return Event(int(fields["id"]), fields["event"], dict(json.loads(fields["data"])))
    except (KeyError, ValueError, TypeError) as error:
        raise BadAnswer(f"The service sent an event that cannot be read: {fields['data'][:80]}") from error
