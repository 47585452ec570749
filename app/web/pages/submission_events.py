"""GET /s/{number}/events: the live parts of a submission's page as they change (server-sent events of HTML).

`progress`, `chart` and `structure` replace their part, `log` is appended, `state` says that the run has ended. Every
message carries the number of the last event in it, so that a browser which comes back misses nothing.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Header, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from app.core.database import session_scope
from app.core.jobs import get_jobs
from app.core.runs import latest_run
from app.core.submissions import find, find_visible, is_close
from app.core.tables import User
from app.web.dependencies import DbSession, ThisPage
from app.web.page import Page
from app.web.story import Story
from app.web.submission_view import SubmissionView, read_on

router = APIRouter()
POLL_S = 0.5
CHART_INTERVAL_S = 1.0
# Proxies close what is silent for a minute; the page's script gives up on a stream after 20 s of silence.
HEARTBEAT_S = 15.0
# A worker's events come at once; whether a run was cancelled, and who is first in the queue, is asked less often.
POLLS_PER_QUESTION = 4
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
# A browser knows only events, a proxy counts any byte: both are told.
BEAT = ": still here\nevent: beat\ndata: .\n\n"


@router.get("/s/{number}/events")
def get_events(
    page: ThisPage,
    session: DbSession,
    number: int,
    after: Annotated[int, Query(ge=0)] = 0,
    last_event_id: Annotated[str, Header()] = "",
) -> StreamingResponse:
    """`after` is the last event that the page has shown; a `Last-Event-ID` goes first."""
    user = session.get_one(User, page.reader.id) if page.reader else None
    submission = find_visible(session, number, user)
    told = int(last_event_id) if last_event_id.isascii() and last_event_id.isdecimal() else after
    stream = Stream(page, number, latest_run(session, submission).id, told, is_close(submission, page.reader))
    return StreamingResponse(stream.messages(), media_type="text/event-stream", headers=HEADERS)


@dataclass
class Stream:
    """What one reader of one run has been told. `told` is the last event whose log lines were sent."""

    page: Page
    number: int
    run_id: str
    told: int
    shows_log: bool
    story: Story | None = None
    ended: bool = False
    chart_is_due: bool = True
    chart_sent_at: float = field(default_factory=lambda: time.monotonic() - CHART_INTERVAL_S)
    progress: str = ""

    async def messages(self) -> AsyncIterator[str]:
        """Look, tell, sleep; no session is open while it sleeps. Cancelled by the server when the reader goes."""
        polls, spoke_at = 0, time.monotonic()
        while not self.ended:
            for message in await run_in_threadpool(self.look, polls % POLLS_PER_QUESTION == 0):
                spoke_at = time.monotonic()
                yield message
            if time.monotonic() - spoke_at >= HEARTBEAT_S:
                spoke_at = time.monotonic()
                yield BEAT
            polls += 1
            if not self.ended:
                await asyncio.sleep(POLL_S)

    def look(self, asks_engine: bool) -> list[str]:
        """What is new."""
        with session_scope() as session:
            view = SubmissionView(session, get_jobs(), find(session, self.number), self.page)
            kinds = self._read(view)
            if not (kinds or asks_engine or self._chart_may_go()):
                return []
            if view.run.id != self.run_id or not view.is_live:
                self.ended = True
                return [*self._log(), self._message("state", view.state)]
            return [*self._log(), *self._parts(view, kinds)]

    def _read(self, view: SubmissionView) -> set[str]:
        """Take the new events into the story that is kept from look to look."""
        if self.story is None:
            self.story = view.story
            return {"model", "loss"} if self.story.seq else {"model"}
        view.story = self.story
        return read_on(view.session, self.run_id, self.story)

    def _chart_may_go(self) -> bool:
        return self.chart_is_due and time.monotonic() - self.chart_sent_at >= CHART_INTERVAL_S

    def _log(self) -> Iterator[str]:
        if self.story is None:
            return
        lines = self.story.log_after(self.told) if self.shows_log else []
        self.told = max(self.told, self.story.seq)
        if lines:
            yield self._message("log", "\n".join(lines))

    def _parts(self, view: SubmissionView, kinds: set[str]) -> Iterator[str]:
        progress = self.page.text("_progress.html", view=view)
        if progress != self.progress:
            self.progress = progress
            yield self._message("progress", progress)
        if kinds & {"model", "detected"}:
            yield self._message("structure", self.page.text("_structure.html", view=view))
        self.chart_is_due |= bool(kinds & {"start", "loss", "epoch"})
        if self._chart_may_go():
            self.chart_is_due, self.chart_sent_at = False, time.monotonic()
            yield self._message("chart", self.page.text("_chart.html", view=view))

    def _message(self, name: str, text: str) -> str:
        data = "".join(f"data: {line}\n" for line in text.split("\n"))
        return f"id: {self.told}\nevent: {name}\n{data}\n"
