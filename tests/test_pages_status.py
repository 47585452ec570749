"""The status page and its twin in the API."""

import re

from app.core.database import session_scope
from app.core.sentences import Sentence
from app.core.tables import Heartbeat
from app.core.version import app_version
from tests.examiner import say_that_a_worker_lives
from tests.factories import make_member, make_submission
from tests.visitors import Visitor, text_of, visit, visitor

__all__ = ["visit", "visitor"]
REFUSAL = Sentence("This kernel has no %(what)s.", {"what": "Landlock"})


def silence(executor_id: str, seconds: float) -> None:
    with session_scope() as session:
        found = session.get_one(Heartbeat, executor_id)
        found.beat_epoch_s -= seconds
        session.add(found)


def test_without_workers_the_page_says_that_runs_wait(visitor: Visitor) -> None:
    said = text_of(visitor.get("/status"))

    assert "No worker has been heard of in the last day." in said
    assert f"version {app_version()}" in said


def test_a_worker_is_shown_with_what_it_does(visitor: Visitor) -> None:
    say_that_a_worker_lives(isolation="namespaces")

    said = text_of(visitor.get("/status"))

    assert "lab-3:41 at work" in said
    assert re.search(r"Machine lab-3 Device CPU Last heard of \d+ s ago Uploaded code runs here, shut in", said)
    assert "own namespaces and root, Landlock and seccomp" in said


def test_a_worker_that_refuses_code_says_why(visitor: Visitor) -> None:
    say_that_a_worker_lives(isolation="limits", refusal=REFUSAL)

    said = text_of(visitor.get("/status"))

    assert "Uploaded code is refused" in said
    assert "This kernel has no Landlock." in said


def test_a_silent_worker_is_called_so(visitor: Visitor) -> None:
    say_that_a_worker_lives()
    silence("lab-3:41", 300)

    assert "lab-3:41 silent" in text_of(visitor.get("/status"))
    assert "Last heard of 5 min ago" in text_of(visitor.get("/status"))


def test_the_page_counts_what_waits(visitor: Visitor) -> None:
    with session_scope() as session:
        user = make_member(session)
        make_submission(session, user)
        make_submission(session, user)

    assert "0 runs are under way · 2 waiting" in text_of(visitor.get("/status"))


def test_every_page_links_to_it(visitor: Visitor) -> None:
    assert '<a href="/status">Status</a>' in visitor.get("/about").text


def test_the_page_is_there_in_chinese(visitor: Visitor) -> None:
    visitor.language = "zh"
    say_that_a_worker_lives(isolation="landlock")

    assert '<html lang="zh-CN">' in visitor.get("/status").text


def test_the_api_says_the_same(visitor: Visitor) -> None:
    say_that_a_worker_lives(isolation="limits", refusal=REFUSAL)
    say_that_a_worker_lives(executor_id="lab-4:1", isolation="namespaces")
    silence("lab-4:1", 300)

    body = visitor.get("/api/v1/status").json()

    assert (body["version"], body["running"], body["queued"], body["runs_code"]) == (app_version(), 0, 0, False)
    workers = {worker["name"]: worker for worker in body["workers"]}
    assert workers["lab-3:41"]["refusal"] == "This kernel has no Landlock."
    assert (workers["lab-3:41"]["runs_code"], workers["lab-3:41"]["is_living"]) == (False, True)
    assert (workers["lab-4:1"]["runs_code"], workers["lab-4:1"]["is_living"]) == (True, False)
    assert 299 < workers["lab-4:1"]["last_beat_age_s"] < 310
