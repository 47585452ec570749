"""The stream of HTML parts behind a live page."""

import asyncio
import re
import threading
import time
from typing import Any

import pytest
from sqlmodel import Session
from starlette.requests import Request

from app.core.database import session_scope
from app.core.runs import add_event, latest_run
from app.core.tables import Run, Submission
from app.web.page import Page
from app.web.pages import submission_events
from app.web.pages.submission_events import BEAT, Stream
from tests.factories import drawn_result, make_member, make_run_live, make_submission, tell
from tests.visitors import Visitor, member, visit, visitor

__all__ = ["member", "visit", "visitor"]
LOSSES = ("loss", {"epoch": 1, "step": 469, "steps": 938, "losses": [2.0, 1.0, 0.5]})


def parse(text: str) -> list[tuple[int, str, str]]:
    """Number, name and data of each event."""
    found = []
    for block in text.split("\n\n"):
        lines = [line for line in block.split("\n") if line and not line.startswith(":")]
        if not lines:
            continue
        fields = [line.partition(": ")[::2] for line in lines]
        data = "\n".join(value for name, value in fields if name == "data")
        values = dict(fields)
        found.append((int(values.get("id", 0)), values["event"], data))
    return found


@pytest.fixture
def running(session: Session) -> tuple[Submission, Run, int]:
    """A run of Zhou Yi's that trains."""
    submission = make_submission(session, make_member(session), title="lenet-slim")
    session.commit()
    run = latest_run(session, submission)
    start = make_run_live(session, run)
    tell(session, run, start, [LOSSES, ("log", {"text": "one\ntwo"})])
    session.commit()
    return submission, run, start


def open_stream(submission: Submission, run: Run, told: int = 0, shows_log: bool = True) -> Stream:
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"lang=en", "headers": []}
    return Stream(Page(Request(scope)), submission.number or 0, run.id, told, shows_log)


def names(messages: list[str]) -> list[str]:
    return [name for message in messages for _, name, _ in parse(message)]


def test_the_first_look_tells_everything(running: tuple[Submission, Run, int]) -> None:
    messages = open_stream(*running[:2]).look(asks_engine=True)
    assert names(messages) == ["log", "progress", "structure", "chart"]
    number, _, lines = parse(messages[0])[0]
    assert number == 3
    assert [line[10:] for line in lines.split("\n")] == ["started on lab-3:41", "one", "two"]


def test_lines_that_the_page_has_shown_are_not_told_again(running: tuple[Submission, Run, int]) -> None:
    assert "log" not in names(open_stream(*running[:2], told=3).look(asks_engine=True))


def test_the_log_is_not_for_strangers(running: tuple[Submission, Run, int]) -> None:
    assert "log" not in names(open_stream(*running[:2], shows_log=False).look(asks_engine=True))


def test_nothing_new_is_nothing_told(running: tuple[Submission, Run, int]) -> None:
    stream = open_stream(*running[:2])
    stream.look(asks_engine=True)
    assert stream.look(asks_engine=True) == []


def test_the_chart_comes_at_most_once_a_second_but_it_comes(
    running: tuple[Submission, Run, int], session: Session
) -> None:
    submission, run, start = running
    stream = open_stream(submission, run)
    stream.look(asks_engine=True)
    tell(session, run, start, [("loss", {"epoch": 1, "step": 600, "steps": 938, "losses": [0.4]})])
    session.commit()
    assert names(stream.look(asks_engine=False)) == ["progress"]
    stream.chart_sent_at -= 1
    assert names(stream.look(asks_engine=False)) == ["chart"]


def test_what_is_found_out_about_the_network_is_told_at_once(
    running: tuple[Submission, Run, int], session: Session
) -> None:
    submission, run, start = running
    stream = open_stream(submission, run)
    stream.look(asks_engine=True)
    tell(session, run, start, [("detected", {"format": "zoo", "input": "N×784"})])
    session.commit()
    messages = stream.look(asks_engine=False)
    assert names(messages) == ["structure"]
    assert "N×784" in messages[0]


def test_a_run_that_begins_anew_draws_a_new_curve(running: tuple[Submission, Run, int], session: Session) -> None:
    submission, run, _ = running
    stream = open_stream(submission, run)
    stream.look(asks_engine=True)
    stream.chart_sent_at -= 1
    make_run_live(session, run)
    session.commit()
    messages = stream.look(asks_engine=False)
    assert names(messages) == ["log", "progress", "chart"]
    assert "begin" in messages[1] or "Checking" in messages[1]
    assert "The curve appears with the first steps." in messages[2]


def test_a_log_line_cannot_forge_an_event(running: tuple[Submission, Run, int], session: Session) -> None:
    submission, run, start = running
    stream = open_stream(submission, run)
    stream.look(asks_engine=True)
    tell(session, run, start, [("log", {"text": "x\n\nevent: state\r\ndata: done\rid: 99"})])
    session.commit()
    for message in stream.look(asks_engine=False):
        fields = re.split(r"\r\n|\r|\n", message)
        assert [field for field in fields if field.startswith("event:")] == ["event: log"]
        assert not any(field.startswith("id: 99") for field in fields)


def test_the_end_is_told_and_ends_the_stream(member: Visitor, session: Session) -> None:
    submission = make_submission(session, session_user(session))
    drawn_result(session, latest_run(session, submission), total=1000)
    session.commit()
    response = member.get(f"/s/{submission.number}/events")
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-accel-buffering"] == "no"
    assert "content-encoding" not in response.headers
    assert parse(response.text)[-1][1:] == ("state", "done")


def session_user(session: Session) -> Any:
    from app.core.accounts import find_user

    user = find_user(session, "zhou-yi")
    assert user is not None
    return user


def test_a_browser_that_comes_back_gets_the_lines_it_missed(visitor: Visitor, session: Session, running: Any) -> None:
    submission, run, start = running
    visitor.sign_in()
    finisher = threading.Thread(target=finish_soon, args=(run.id, start))
    finisher.start()
    response = visitor.get(f"/s/{submission.number}/events?after=1", headers={"Last-Event-ID": "3"})
    finisher.join()
    events = parse(response.text)
    lines = "\n".join(data for _, name, data in events if name == "log")
    assert "one" not in lines
    assert "three" in lines
    assert events[-1][1:] == ("state", "done")


def finish_soon(run_id: str, start: int) -> None:
    time.sleep(0.8)
    with session_scope() as session:
        add_event(session, run_id, start, "log", {"text": "three"})
        drawn_result(session, session.get_one(Run, run_id), total=1000)


def test_a_silent_stream_says_that_it_lives(running: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    submission, run, _ = running
    monkeypatch.setattr(submission_events, "HEARTBEAT_S", 0)
    messages = open_stream(submission, run).messages()

    async def read_to_the_first_beat() -> list[str]:
        """The run goes on for as long as this takes: a slow machine hears the beat later, not never."""
        told: list[str] = []
        async with asyncio.timeout(60):
            while BEAT not in told:
                told.append(await anext(messages))
        return told

    assert asyncio.run(read_to_the_first_beat())[-1] == BEAT


@pytest.mark.parametrize("wrong", ["x", "-1", "99999999999999999999999", "٣"])
def test_an_odd_event_number_is_no_error(member: Visitor, session: Session, wrong: str) -> None:
    submission = make_submission(session, session_user(session))
    drawn_result(session, latest_run(session, submission), total=1000)
    session.commit()
    response = member.get(f"/s/{submission.number}/events", headers={"Last-Event-ID": wrong.encode()})
    assert response.status_code == 200
