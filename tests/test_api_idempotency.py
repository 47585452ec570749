"""Idempotency-Key on the writes of the API."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

import httpx
import pytest
from sqlmodel import Session, select

from app.core import kept_answers
from app.core.database import get_engine, session_scope
from app.core.errors import AnswerNotKept, KeyInUse
from app.core.settings import get_settings
from app.core.tables import ApiToken, Comment, KeptAnswer, User, now
from app.web.api import discussions
from tests.api import Api
from tests.factories import PASSWORD, make_member

pytest_plugins = ["tests.api_fixtures", "tests.postgres"]

DISCUSSION = "/api/v1/discussion"
KEY = {"Idempotency-Key": "one"}


def say(api: Api, text: str = "Hello", who: dict[str, str] | None = None, **headers: str) -> Any:
    return api.client.post(DISCUSSION, json={"text": text}, headers=(who or api.owner) | KEY | headers)


def said() -> list[str]:
    with Session(get_engine()) as session:
        return [comment.text for comment in session.exec(select(Comment))]


def kept() -> list[KeptAnswer]:
    with Session(get_engine()) as session:
        return list(session.exec(select(KeptAnswer)))


def test_the_same_key_and_request_give_the_same_answer(api: Api) -> None:
    first, second = say(api), say(api)

    assert second.status_code == first.status_code == 201
    assert second.content == first.content
    assert second.headers["location"] == first.headers["location"]
    assert second.headers["content-type"] == first.headers["content-type"]
    assert second.headers["Idempotent-Replay"] == "true"
    assert "Idempotent-Replay" not in first.headers


def test_the_answer_stays_the_same_when_the_thing_has_changed(api: Api) -> None:
    made = say(api).json()
    api.client.patch(f"/api/v1/comments/{made['id']}", json={"text": "Changed"}, headers=api.owner)

    assert say(api).json() == made
    assert said() == ["Changed"]


def test_another_request_with_the_same_key_is_refused(api: Api) -> None:
    say(api)
    answer = say(api, "Something else")

    assert answer.status_code == 409
    assert answer.json()["code"] == "key_reused"
    assert said() == ["Hello"]


def test_the_address_is_a_part_of_the_request(api: Api) -> None:
    say(api)
    answer = api.client.post(f"{DISCUSSION}?a=b", json={"text": "Hello"}, headers=api.owner | KEY)

    assert answer.status_code == 409


def test_each_user_has_keys_of_their_own(api: Api) -> None:
    assert say(api).json()["author"] == "owner"
    assert say(api, who=api.other).json()["author"] == "other"


def test_another_token_of_the_same_user_gets_the_answer_too(api: Api) -> None:
    token = api.client.post("/api/v1/tokens", json={"name": "second"}, headers=api.owner).json()["token"]
    first = say(api)

    assert say(api, who={"Authorization": f"Bearer {token}"}).content == first.content


def test_a_refused_request_gives_its_key_back(api: Api) -> None:
    assert say(api, "").status_code == 422
    assert say(api, "Corrected").status_code == 201


def test_a_key_without_a_token_is_not_looked_at(api: Api) -> None:
    answer = api.client.post(DISCUSSION, json={"text": "Hello"}, headers=KEY)

    assert answer.status_code == 401
    assert kept() == []


def test_a_token_that_may_only_read_gets_no_answer_again(api: Api) -> None:
    body = {"name": "reader", "scopes": ["read"]}
    token = api.client.post("/api/v1/tokens", json=body, headers=api.owner).json()["token"]
    say(api)

    assert say(api, who={"Authorization": f"Bearer {token}"}).status_code == 403


@pytest.mark.parametrize("key", ["", " ", "two words", "ü", "k" * 201])
def test_a_key_of_another_shape_is_refused(api: Api, key: str) -> None:
    headers = [*api.owner.items(), ("Idempotency-Key", key.encode())]
    answer = api.client.post(DISCUSSION, json={"text": "Hello"}, headers=headers)

    assert answer.status_code == 422
    assert "idempotency_key" in answer.json()["fields"]
    assert said() == []


def test_reads_ignore_a_key(api: Api) -> None:
    assert api.client.get(DISCUSSION, headers=api.owner | KEY).status_code == 200
    assert kept() == []


def test_an_answer_without_a_body_is_given_again(api: Api) -> None:
    with session_scope() as session:
        owner = session.exec(select(User).where(User.handle == "owner")).one()
        spare = ApiToken(user_id=owner.stored_id, token_sha256="a" * 64, name="spare")
        session.add(spare)
    address = f"/api/v1/tokens/{spare.id}"
    first, second = (api.client.delete(address, headers=api.owner | KEY) for _ in "12")

    assert (first.status_code, second.status_code) == (204, 204)
    assert second.headers["Idempotent-Replay"] == "true"


def test_a_secret_is_not_kept_and_not_given_again(api: Api) -> None:
    ask = {"json": {"name": "laptop"}, "headers": api.owner | KEY}
    first, second = (api.client.post("/api/v1/tokens", **ask) for _ in "12")

    assert first.status_code == 201
    assert second.status_code == 409
    assert second.json()["code"] == "answer_not_kept"
    assert first.json()["token"] not in str(kept())
    with session_scope() as session:
        assert len(session.exec(select(ApiToken).where(ApiToken.name == "laptop")).all()) == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/tokens", {"name": "laptop"}),
        ("/api/v1/webhooks", {"url": "https://example.org/hook"}),
        ("/api/v1/teach/students/owner/reset", None),
    ],
)
def test_answers_with_secrets_say_that_nobody_may_keep_them(api: Api, path: str, body: Any) -> None:
    answer = api.client.post(path, json=body, headers=api.teacher | KEY)

    assert answer.is_success
    assert answer.headers["cache-control"] == "no-store"
    assert [row.body for row in kept()] == [None]


def test_what_is_kept_of_a_request_cannot_be_guessed_from_the_database(api: Api, monkeypatch: Any) -> None:
    say(api)
    (first,) = kept()
    monkeypatch.setenv("SECRET_KEY", "another key for tests only")
    get_settings.cache_clear()
    say(api)

    assert {row.request for row in kept()} > {first.request}


def test_who_joins_twice_with_one_key_joins_once(api: Api) -> None:
    new = {"handle": "new-one", "name": "New One", "password": PASSWORD}
    first, second = (api.client.post("/api/v1/users", json=new, headers=KEY) for _ in "12")

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()


def test_a_password_that_has_been_changed_still_gets_the_answer(api: Api) -> None:
    with session_scope() as session:
        make_member(session, "li-na")
    ask: Any = {"json": {"password": "another long sentence"}, "auth": ("li-na", PASSWORD), "headers": KEY}
    first, second = (api.client.put("/api/v1/me/password", **ask) for _ in "12")

    assert (first.status_code, second.status_code) == (204, 204)


def test_a_deleted_account_is_told_again_that_it_is_deleted(api: Api) -> None:
    with session_scope() as session:
        make_member(session, "li-na")
    ask: Any = {"auth": ("li-na", PASSWORD), "headers": KEY}

    assert [api.client.delete("/api/v1/me", **ask).status_code for _ in "12"] == [204, 204]


def test_a_wrong_password_gets_no_answer_of_the_right_one(api: Api) -> None:
    with session_scope() as session:
        make_member(session, "li-na")
    body = {"password": "another long sentence"}
    api.client.put("/api/v1/me/password", json=body, auth=("li-na", PASSWORD), headers=KEY)
    answer = api.client.put("/api/v1/me/password", json=body, auth=("li-na", "a wrong password"), headers=KEY)

    assert answer.status_code == 401


def test_forms_are_the_same_whatever_parts_them(api: Api) -> None:
    def send(thread: bytes) -> Any:
        files, headers = {"thread": ("thread.md", thread)}, api.teacher | KEY
        return api.client.post("/api/v1/claims/import", files=files, data={"save": "1"}, headers=headers)

    first, second, other = send(b"acc 98.47%"), send(b"acc 98.47%"), send(b"acc 97%")

    assert first.json()["saved"] == second.json()["saved"] == [1]
    assert second.headers["Idempotent-Replay"] == "true"
    assert other.status_code == 409


def test_submissions_keep_their_keys_in_their_own_way(api: Api) -> None:
    ask: Any = {"json": {"model": "yannet"}, "headers": api.owner | KEY}
    first, second = (api.client.post("/api/v1/submissions", **ask) for _ in "12")

    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["number"] == first.json()["number"]
    assert kept() == []


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Event, Event]]:
    """Comments wait in the middle: an event that they have begun, and one that lets them end."""
    begun, may_end = Event(), Event()
    add = discussions.add_comment

    def add_slowly(*arguments: Any) -> Comment:
        begun.set()
        assert may_end.wait(20)
        return add(*arguments)

    monkeypatch.setattr(discussions, "add_comment", add_slowly)
    yield begun, may_end
    may_end.set()


def test_while_a_request_is_carried_out_the_same_one_must_wait(api: Api, slow: tuple[Event, Event]) -> None:
    begun, may_end = slow
    with ThreadPoolExecutor() as pool:
        first = pool.submit(say, api)
        assert begun.wait(20)
        meanwhile = say(api)
        may_end.set()

    assert meanwhile.status_code == 409
    assert meanwhile.json()["code"] == "key_in_use"
    assert first.result().status_code == 201
    assert say(api).json() == first.result().json()


def test_many_at_once_make_one(api: Api, live: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: _say_to(live, api.owner), range(8)))

    made = [answer for answer in answers if answer.status_code == 201]
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in made}) == 1
    assert said() == ["Hello"]


def _say_to(live: str, headers: dict[str, str]) -> Any:
    return httpx.post(f"{live}{DISCUSSION}", json={"text": "Hello"}, headers=headers | KEY, timeout=30)


def test_a_request_of_which_the_end_is_not_known_is_not_carried_out_again(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(kept_answers, "keep_answer", lambda *_: None)
        say(api)
    with session_scope() as session:
        row = session.exec(select(KeptAnswer)).one()
        row.created = now() - timedelta(minutes=5)
        session.add(row)
    answer = say(api)

    assert answer.status_code == 409
    assert "cut off" in answer.json()["detail"]
    assert said() == ["Hello"]


def test_our_own_failure_gives_the_key_back(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(discussions, "add_comment", lambda *_: 1 / 0)
        assert say(api).status_code == 500

    assert say(api).status_code == 201


def test_after_a_day_a_key_is_free_again(api: Api) -> None:
    say(api)
    with session_scope() as session:
        for row in session.exec(select(KeptAnswer)):
            row.created = now() - timedelta(hours=25)
            session.add(row)
    answer = say(api, "The next day")

    assert answer.status_code == 201
    assert len(kept()) == 1


def test_of_many_claims_at_once_one_gets_the_key(either_database: str) -> None:
    key = kept_answers.Key("somebody", "one", "request")

    def claim(_: int) -> bool:
        try:
            with session_scope() as session:
                return kept_answers.claim_key(session, key) is None
        except KeyInUse:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(claim, range(24))) == 1


def test_a_kept_answer_is_found_again(either_database: str) -> None:
    key = kept_answers.Key("somebody", "one", "request")
    with session_scope() as session:
        kept_answers.claim_key(session, key)
        kept_answers.keep_answer(session, key, 201, {"location": "/x"}, "{}")
    with session_scope() as session:
        found = kept_answers.claim_key(session, key)

    assert found is not None
    assert (found.status, found.headers, found.body) == (201, {"location": "/x"}, "{}")


def test_what_is_too_large_to_keep_is_not_given_again(either_database: str) -> None:
    key = kept_answers.Key("somebody", "one", "request")
    with session_scope() as session:
        kept_answers.claim_key(session, key)
        kept_answers.keep_answer(session, key, 200, {}, "x" * (kept_answers.BODY_MAXIMUM + 1))

    with pytest.raises(AnswerNotKept), session_scope() as session:
        kept_answers.claim_key(session, key)
