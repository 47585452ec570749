"""A run's story as it happens: server-sent events, read from the database."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from app.core.database import session_scope
from app.core.errors import InvalidFields
from app.core.jobs import get_jobs
from app.core.runs import ENDED, Standing, events_after, latest_run, standing
from app.core.sentences import N_, Sentence
from app.core.submissions import find_visible
from app.core.tables import Event, Run, User
from app.web.api.bodies import problems
from app.web.api.callers import Reader

router = APIRouter(tags=["submissions"])
POLL_S = 0.5
# Proxies close what is silent for a minute; some after half of one.
HEARTBEAT_S = 15.0
# A run that a worker ends says so itself; only cancelled and given-up runs have to be asked for, every two seconds.
POLLS_PER_QUESTION = 4
EVENTS_PER_LOOK = 500
# The worker's own last event; the stream ends with one of this name that knows the state too.
END = "end"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
# Without a type: some read it as the whole stream, which is text, and some as each of its events.
EVENT = {"properties": {"id": {"type": "string"}, "event": {"type": "string"}, "data": {"type": "string"}}}
EXAMPLE = 'id: 7\nevent: epoch\ndata: {"epoch": 1, "accuracy": 0.9729, "test_loss": 0.09, "train_loss": 0.41}\n\n'


@dataclass(frozen=True)
class Look:
    """What one look into the database found."""

    events: list[Event]
    ended: Standing | None


@router.get(
    "/submissions/{number}/events",
    operation_id="streamEvents",
    summary="Follow the latest run (server-sent events)",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/event-stream": {"schema": EVENT, "example": EXAMPLE}}},
        **problems(401, 404, 422),
    },
)
async def get_events(
    number: int,
    reader: Reader,
    after: Annotated[
        int, Query(ge=0, lt=2**31, description="Start behind this event; a Last-Event-ID goes first.")
    ] = 0,
    last_event_id: Annotated[str | None, Header(description="Sent by browsers when they come back.")] = None,
) -> StreamingResponse:
    """Each event has a number, a kind and JSON. The last one is `end` with state and outcome; then it closes."""
    seq = after if last_event_id is None else _parse_id(last_event_id)
    run_id = await run_in_threadpool(_find_run, number, reader)
    return StreamingResponse(_follow(run_id, seq), media_type="text/event-stream", headers=HEADERS)


def _parse_id(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        wrong = N_("Last-Event-ID must be the number of an event; “%(value)s” was given.")
        raise InvalidFields({"last_event_id": Sentence(wrong, {"value": text[:40]})})
    return int(text)


def _find_run(number: int, reader: User | None) -> str:
    with session_scope() as session:
        return latest_run(session, find_visible(session, number, reader)).id


async def _follow(run_id: str, seq: int) -> AsyncIterator[str]:
    """Look, tell, sleep; no session is open while it sleeps. Cancelled by the server when the client goes."""
    polls, told_at = 0, time.monotonic()
    while True:
        look = await run_in_threadpool(_look, run_id, seq, polls % POLLS_PER_QUESTION == 0)
        for event in look.events:
            seq, told_at = event.seq, time.monotonic()
            if event.kind != END:
                yield _message(event.kind, event.data, event.seq)
        if len(look.events) == EVENTS_PER_LOOK:
            continue
        if look.ended is not None:
            yield _message(END, {"state": look.ended.state, "outcome": look.ended.outcome}, seq)
            return
        if time.monotonic() - told_at >= HEARTBEAT_S:
            told_at = time.monotonic()
            yield ": still here\n\n"
        polls += 1
        await asyncio.sleep(POLL_S)


def _look(run_id: str, seq: int, ask_engine: bool) -> Look:
    """First whether it has ended, then the events: in this order none can be missed."""
    with session_scope() as session:
        run = session.get_one(Run, run_id)
        ended = None
        if ask_engine or run.outcome is not None:
            found = standing(session, get_jobs(), run)
            ended = found if found.state in ENDED else None
        return Look(events_after(session, run_id, seq, EVENTS_PER_LOOK), ended)


def _message(kind: str, data: dict[str, Any], seq: int) -> str:
    return f"id: {seq}\nevent: {kind}\ndata: {json.dumps(data)}\n\n"
