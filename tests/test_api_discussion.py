"""Comments, notifications and webhooks through the API."""

from typing import Any

import pytest
from sqlmodel import Session, select

from app.core.notifications import tell
from app.core.tables import User, Webhook
from tests.api import Api

pytest_plugins = ["tests.api_fixtures"]
BOARD = "/api/v1/discussion"
COMMENTS = "/api/v1/comments"
HOOKS = "/api/v1/webhooks"


def say(api: Api, who: dict[str, str], text: str, path: str = BOARD) -> dict[str, Any]:
    answer = api.client.post(path, json={"text": text}, headers=who)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def submitted(api: Api) -> int:
    number: int = api.submit({"title": "lenet-slim"}).json()["number"]
    return number


def test_a_comment_is_made_read_and_listed(api: Api) -> None:
    path = f"/api/v1/submissions/{submitted(api)}/comments"
    answer = api.client.post(path, json={"text": " Nice. "}, headers=api.other)

    body = answer.json()
    assert answer.headers["location"] == f"/api/v1/comments/{body['id']}"
    assert (body["text"], body["author"], body["submission"], body["may_edit"]) == ("Nice.", "other", 1, True)
    read = api.client.get(answer.headers["location"]).json()
    assert read == body | {"may_edit": False}
    assert api.client.get(path).json() == {"comments": [read], "count": 1, "next": None}
    assert api.client.get(BOARD).json()["count"] == 0


def test_what_was_said_last_of_any_submission_comes_first(api: Api) -> None:
    for title in ("one", "two"):
        number = api.submit({"title": title}).json()["number"]
        say(api, api.other, f"on {title}", f"/api/v1/submissions/{number}/comments")
    gone = say(api, api.other, "gone", "/api/v1/submissions/2/comments")
    api.client.delete(f"{COMMENTS}/{gone['id']}", headers=api.other)
    say(api, api.other, "to all")

    latest = api.client.get(f"{COMMENTS}?limit=1").json()
    older = api.client.get(latest["next"]).json()

    assert [(each["submission"], each["text"]) for each in latest["comments"]] == [(2, "on two")]
    assert [(each["submission"], each["text"]) for each in older["comments"]] == [(1, "on one")]
    assert older["next"] is None


def test_a_thread_comes_in_parts(api: Api) -> None:
    ids = [say(api, api.owner, f"word {number}")["id"] for number in range(5)]

    first = api.client.get(f"{BOARD}?limit=2").json()
    second = api.client.get(first["next"]).json()
    third = api.client.get(second["next"]).json()

    assert [each["id"] for part in (first, second, third) for each in part["comments"]] == ids
    assert (third["next"], first["count"]) == (None, 5)


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"text": ""}, 422, "text"),
        ({}, 422, "text"),
        ({"text": 7}, 422, "text"),
        ({"text": "x" * 10_001}, 422, "text"),
        ({"text": "a\x00b"}, 422, "text"),
        ({"text": "a", "html": "b"}, 422, "html"),
        ([], 400, None),
    ],
)
def test_a_body_that_cannot_be_used_is_refused(api: Api, body: Any, status: int, field: str | None) -> None:
    answer = api.client.post(BOARD, json=body, headers=api.owner)

    assert answer.status_code == status
    assert set(answer.json()["fields"]) == ({field} if field else set())


def test_an_author_edits_and_removes_and_a_trace_stays(api: Api) -> None:
    address = f"{COMMENTS}/{say(api, api.owner, 'Helo')['id']}"

    edited = api.client.patch(address, json={"text": "Hello"}, headers=api.owner).json()
    removed = api.client.delete(address, headers=api.owner).json()

    assert (edited["text"], edited["edited"] is not None) == ("Hello", True)
    assert (removed["text"], removed["removed"] is not None) == (None, True)
    assert api.client.get(BOARD).json()["comments"][0]["text"] is None
    assert api.client.patch(address, json={"text": "x"}, headers=api.owner).status_code == 409


@pytest.mark.parametrize(
    ("method", "path", "who", "status"),
    [
        ("PATCH", "", "other", 403),
        ("PATCH", "", "teacher", 403),
        ("DELETE", "", "other", 403),
        ("DELETE", "", "teacher", 200),
        ("POST", "/restore", "other", 403),
        ("POST", "/restore", "owner", 200),
        ("POST", "/restore", "teacher", 200),
        ("PUT", "/helpful", "owner", 409),
        ("PUT", "/helpful", "other", 200),
        ("DELETE", "/helpful", "other", 200),
    ],
)
def test_who_may_do_what_with_a_comment_of_the_owner(api: Api, method: str, path: str, who: str, status: int) -> None:
    address = f"{COMMENTS}/{say(api, api.owner, 'Hello')['id']}{path}"
    body = {"json": {"text": "x"}} if method == "PATCH" else {}

    assert api.client.request(method, address, headers=getattr(api, who), **body).status_code == status
    assert api.client.request(method, address, **body).status_code == 401


def test_helpful_counts_each_reader_once(api: Api) -> None:
    address = f"{COMMENTS}/{say(api, api.owner, 'Hello')['id']}"
    for who in (api.other, api.other, api.teacher):
        api.client.put(f"{address}/helpful", headers=who)
    twice = api.client.get(address, headers=api.other).json()
    api.client.delete(f"{address}/helpful", headers=api.other)

    assert (twice["helpful"], twice["is_helpful_to_me"]) == (2, True)
    assert api.client.get(address).json()["helpful"] == 1


@pytest.mark.parametrize("path", [f"{COMMENTS}/9", "/api/v1/submissions/9/comments", f"{COMMENTS}/99999999999999"])
def test_what_there_is_not_is_not_found(api: Api, path: str) -> None:
    assert api.client.get(path).status_code == 404


def test_notifications_come_newest_first_and_in_parts(api: Api) -> None:
    number = submitted(api)
    for text in ("one", "two", "@owner three"):
        say(api, api.other, text, f"/api/v1/submissions/{number}/comments")

    first = api.client.get("/api/v1/notifications?limit=2", headers=api.owner).json()
    second = api.client.get(first["next"], headers=api.owner).json()

    assert [each["kind"] for each in first["notifications"]] == ["mention", "comment"]
    assert (first["unread"], second["next"], len(second["notifications"])) == (3, None, 1)
    newest = first["notifications"][0]
    assert (newest["by"], newest["path"]) == ("other", "/comments/3")
    assert newest["words"] == "Other has mentioned you in the discussion of #1 “lenet-slim”."
    assert newest["data"] == {"comment": 3, "submission": 1, "title": "lenet-slim"}


def test_notifications_are_marked_as_read_one_by_one_or_all(api: Api, session: Session) -> None:
    owner = session.exec(select(User.id).where(User.handle == "owner")).one() or 0
    for key in ("a", "b", "c"):
        tell(session, owner, key, "run.failed", {"submission": 1, "title": "t", "outcome": "crashed"})
    session.commit()

    one = api.client.post("/api/v1/notifications/2/read", headers=api.owner).json()
    unread = api.client.get("/api/v1/notifications?unread=1", headers=api.owner).json()
    marked = api.client.post("/api/v1/notifications/read", headers=api.owner).json()

    assert one["read"] is not None
    assert [each["id"] for each in unread["notifications"]] == [3, 1]
    assert marked == {"marked": 2}
    assert api.client.post("/api/v1/notifications/2/read", headers=api.other).status_code == 404
    assert api.client.get("/api/v1/notifications").status_code == 401


def test_a_webhook_shows_its_secret_once(api: Api) -> None:
    made = api.client.post(HOOKS, json={"url": "https://example.org/hook"}, headers=api.owner)

    body = made.json()
    secret = body.pop("secret")
    assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
    assert secret.startswith("whsec_")
    assert body["events"] == ["run.finished", "record"]
    assert api.client.get(HOOKS, headers=api.owner).json() == [body]
    assert api.client.get(HOOKS, headers=api.other).json() == []


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"url": "http://127.0.0.1/"}, {"url"}),
        ({"url": "https://example.org/", "events": []}, {"events"}),
        ({"url": 7, "events": "record"}, {"url", "events"}),
        ({"url": "https://example.org/" + "x" * 400}, {"url"}),
        ({"url": "https://example.org/", "secret": "mine"}, {"secret"}),
        ({"events": ["nothing"]}, {"url", "events"}),
    ],
)
def test_a_webhook_that_cannot_be_is_refused(api: Api, session: Session, body: Any, fields: set[str]) -> None:
    answer = api.client.post(HOOKS, json=body, headers=api.owner)

    assert (answer.status_code, set(answer.json()["fields"])) == (422, fields)
    assert session.exec(select(Webhook)).all() == []


def test_a_webhook_is_tried_and_removed_by_its_owner_only(api: Api) -> None:
    number = api.client.post(HOOKS, json={"url": "https://example.org/"}, headers=api.owner).json()["id"]

    assert api.client.post(f"{HOOKS}/{number}/test", headers=api.other).status_code == 404
    assert api.client.delete(f"{HOOKS}/{number}", headers=api.other).status_code == 404
    assert api.client.post(f"{HOOKS}/{number}/test", headers=api.owner).status_code == 202
    assert api.client.delete(f"{HOOKS}/{number}", headers=api.owner).status_code == 204
    assert api.client.get(HOOKS, headers=api.owner).json() == []
