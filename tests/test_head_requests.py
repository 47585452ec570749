"""HEAD answers as GET does, without a body, over a real socket."""

import httpx
import pytest
from sqlmodel import Session

from tests.api import Api
from tests.board_factories import make_result, make_submission, make_user

pytest_plugins = ["tests.api_fixtures"]
# Of one request each: when, which, and what is left.
CHANGING = {"date", "x-request-id", "set-cookie", "ratelimit"}
# How the body is packed.
PACKING = {"content-encoding", "content-length", "transfer-encoding"}


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api/v1/leaderboard",
        "/api/v1/submissions/1",
        "/leaderboard.csv",
        "/s/1/badge.svg",
        "/nowhere",
        "/api/v1/me",
    ],
)
def test_the_headers_are_those_of_get(api: Api, live: str, session: Session, path: str) -> None:
    make_result(session, make_submission(session, make_user(session)))
    session.commit()

    head, get = (httpx.request(method, f"{live}{path}") for method in ("HEAD", "GET"))

    assert (head.status_code, head.content) == (get.status_code, b"")
    told = get.headers.keys() - CHANGING - PACKING
    assert [name for name in told if head.headers.get(name) != get.headers[name]] == []


def test_a_stream_of_events_ends_with_its_headers(api: Api, live: str) -> None:
    number = api.client.post("/api/v1/submissions", json={"model": "yannet"}, headers=api.owner).json()["number"]

    answer = httpx.head(f"{live}/api/v1/submissions/{number}/events", timeout=5)

    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, "text/event-stream")


def test_nothing_is_sent_by_head_that_only_post_may(api: Api) -> None:
    assert api.client.head("/sign-out").status_code in (404, 405)
