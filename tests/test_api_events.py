"""A run's story as server-sent events, over a real socket where it has to be."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from app.core.database import get_engine, session_scope
from app.core.jobs import get_jobs
from app.core.runs import add_event, begin, latest_run
from app.core.submissions import find
from app.web.api import events
from tests.api import SUBMISSIONS, Api
from tests.board_factories import make_failure, make_result, set_engine_status

pytest_plugins = ["tests.api_fixtures"]


@dataclass
class Story:
    """A submission whose run has begun, and what a worker would do with it."""

    number: int
    run_id: str
    start: int

    @property
    def path(self) -> str:
        return f"{SUBMISSIONS}/{self.number}/events"

    def tell(self, kind: str, **data: Any) -> int:
        with session_scope() as session:
            return add_event(session, self.run_id, self.start, kind, data)

    def end_well(self) -> None:
        with session_scope() as session:
            make_result(session, find(session, self.number))
            add_event(session, self.run_id, self.start, "end", {"outcome": "ok"})


@pytest.fixture
def story(api: Api) -> Story:
    number = int(api.submit().json()["number"])
    with session_scope() as session:
        run_id = latest_run(session, find(session, number)).id
        set_engine_status(session, run_id, "PENDING")
        return Story(number, run_id, begin(session, run_id, "worker-1", "A"))


def parse(text: str) -> list[tuple[int, str, Any]]:
    """Messages as (id, event, data)."""
    fields = [dict(line.split(": ", 1) for line in block.split("\n")) for block in text.strip().split("\n\n")]
    return [(int(block["id"]), block["event"], json.loads(block["data"])) for block in fields]


def test_the_whole_story_of_an_ended_run_is_told_and_closed(api: Api, story: Story) -> None:
    story.tell("loss", epoch=1, step=5, steps=10, losses=[2.3, 1.9])
    story.tell("epoch", epoch=1, accuracy=0.97)
    story.end_well()

    answer = api.client.get(story.path)

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert (answer.headers["cache-control"], answer.headers["x-accel-buffering"]) == ("no-store", "no")
    assert parse(answer.text) == [
        (1, "start", {"start": 1, "worker": "worker-1"}),
        (2, "loss", {"epoch": 1, "step": 5, "steps": 10, "losses": [2.3, 1.9]}),
        (3, "epoch", {"epoch": 1, "accuracy": 0.97}),
        (4, "end", {"state": "done", "outcome": "ok"}),
    ]


def test_a_failure_ends_the_stream_too(api: Api, story: Story) -> None:
    with session_scope() as session:
        make_failure(session, find(session, story.number), "diverged")

    assert parse(api.client.get(story.path).text)[-1] == (1, "end", {"state": "failed", "outcome": "diverged"})


def test_a_run_cancelled_in_the_queue_ends_the_stream(api: Api) -> None:
    number = api.submit().json()["number"]
    api.client.delete(f"{SUBMISSIONS}/{number}", headers=api.owner)

    answer = api.client.get(f"{SUBMISSIONS}/{number}/events", headers=api.owner)

    assert parse(answer.text) == [(0, "end", {"state": "cancelled", "outcome": "cancelled"})]


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        ("?after=2", {}),
        ("", {"Last-Event-ID": "2"}),
        ("?after=1", {"Last-Event-ID": "2"}),
    ],
)
def test_a_reader_who_comes_back_gets_what_is_new(api: Api, story: Story, url: str, headers: dict[str, str]) -> None:
    story.tell("log", text="old")
    story.tell("log", text="new")
    story.end_well()

    messages = parse(api.client.get(story.path + url, headers=headers).text)

    assert [(seq, kind) for seq, kind, _ in messages] == [(3, "log"), (4, "end")]


def test_a_reader_who_has_it_all_gets_the_end_again(api: Api, story: Story) -> None:
    story.end_well()

    assert [kind for _, kind, _ in parse(api.client.get(f"{story.path}?after=2").text)] == ["end"]


def test_more_events_than_one_look_takes_are_all_told(api: Api, story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "EVENTS_PER_LOOK", 3)
    texts = [str(i) for i in range(10)]
    for text in texts:
        story.tell("log", text=text)
    story.end_well()

    messages = parse(api.client.get(story.path).text)

    assert [data["text"] for _, kind, data in messages if kind == "log"] == texts


def test_text_with_line_breaks_stays_one_message(api: Api, story: Story) -> None:
    story.tell("log", text="one\n\ntwo\r\nevent: end\n中文")
    story.end_well()

    messages = parse(api.client.get(story.path).text)

    assert messages[1] == (2, "log", {"text": "one\n\ntwo\r\nevent: end\n中文"})


@pytest.mark.parametrize("last", ["x", "-1", "1.5", "9" * 30, "²"])
def test_a_last_event_id_that_is_no_number_is_refused(api: Api, story: Story, last: str) -> None:
    answer = api.client.get(story.path, headers={"Last-Event-ID": last.encode()})

    assert (answer.status_code, set(answer.json()["fields"])) == (422, {"last_event_id"})


@pytest.mark.parametrize("after", ["-1", "x", str(2**31), "9" * 30])
def test_an_after_that_is_no_number_is_refused(api: Api, story: Story, after: str) -> None:
    assert api.client.get(f"{story.path}?after={after}").status_code == 422


def test_there_is_no_story_of_an_unknown_submission(api: Api) -> None:
    assert api.client.get(f"{SUBMISSIONS}/999/events").status_code == 404


def test_the_story_of_a_withdrawn_submission_is_not_for_others(api: Api, story: Story) -> None:
    api.client.delete(f"{SUBMISSIONS}/{story.number}", headers=api.owner)

    assert api.client.get(story.path, headers=api.other).status_code == 404


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "POLL_S", 0.05)
    monkeypatch.setattr(events, "HEARTBEAT_S", 0.2)


def lines_of(answer: httpx.Response) -> Iterator[str]:
    return (line for line in answer.iter_lines() if line)


@pytest.mark.usefixtures("quick")
def test_events_are_told_as_they_happen(live: str, story: Story) -> None:
    with httpx.stream("GET", live + story.path, timeout=10) as answer:
        lines = lines_of(answer)
        first = [next(lines) for _ in range(3)]
        story.tell("epoch", epoch=1)
        second = [next(line for line in lines if not line.startswith(":")) for _ in range(3)]
        story.end_well()
        rest = [line for line in lines if not line.startswith(":")]

    assert first == ["id: 1", "event: start", 'data: {"start": 1, "worker": "worker-1"}']
    assert second == ["id: 2", "event: epoch", 'data: {"epoch": 1}']
    assert rest == ["id: 3", "event: end", 'data: {"state": "done", "outcome": "ok"}']


@pytest.mark.usefixtures("quick")
def test_a_run_cancelled_while_somebody_watches_ends_the_stream(live: str, story: Story) -> None:
    with httpx.stream("GET", f"{live}{story.path}?after=1", timeout=10) as answer:
        get_jobs().cancel(story.run_id)
        lines = [line for line in lines_of(answer) if not line.startswith(":")]

    assert lines[1:] == ["event: end", 'data: {"state": "cancelled", "outcome": "cancelled"}']


@pytest.mark.usefixtures("quick")
def test_silence_is_broken_by_a_comment(live: str, story: Story) -> None:
    with httpx.stream("GET", f"{live}{story.path}?after=1", timeout=10) as answer:
        lines = lines_of(answer)

        assert [next(lines) for _ in range(2)] == [": still here"] * 2


@pytest.mark.usefixtures("quick")
def test_nobody_looks_any_more_when_the_reader_has_gone(
    live: str, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[float] = []
    look = events._look
    monkeypatch.setattr(events, "_look", lambda *given: looks.append(time.monotonic()) or look(*given))
    with httpx.stream("GET", live + story.path, timeout=10) as answer:
        next(answer.iter_lines())

    time.sleep(0.5)
    seen = len(looks)
    time.sleep(0.5)

    assert len(looks) == seen > 0


@pytest.mark.usefixtures("quick")
def test_readers_who_wait_hold_no_connection_to_the_database(live: str, story: Story) -> None:
    """The pool has thirty connections; forty readers leave all of them to others."""
    with ExitStack() as readers:
        for _ in range(40):
            answer = readers.enter_context(httpx.stream("GET", live + story.path, timeout=20))
            next(answer.iter_lines())

        answer = httpx.get(f"{live}{SUBMISSIONS}/{story.number}", timeout=10)
        held = min(get_engine().pool.checkedout() for _ in range(50) if not time.sleep(0.01))  # type: ignore[attr-defined]

    assert (answer.status_code, held) == (200, 0)
