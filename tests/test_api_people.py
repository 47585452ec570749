"""Who I am, and tokens."""

import base64
from typing import Any

import pytest
from sqlmodel import select

from app.core.accounts import NewUser, sign_up
from app.core.database import session_scope
from app.core.tables import ApiToken
from tests.api import Api

pytest_plugins = ["tests.api_fixtures"]

TOKENS = "/api/v1/tokens"
PASSWORD = "一个很长的句子：密码 and colons:too"


@pytest.fixture
def student(api: Api) -> str:
    """The handle of a student who has a password and no token."""
    with session_scope() as session:
        return sign_up(session, NewUser("zhou-yi", "周一", PASSWORD)).handle


def basic(handle: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{handle}:{password}'.encode()).decode()}"}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def stored_tokens() -> list[ApiToken]:
    with session_scope() as session:
        return list(session.exec(select(ApiToken)))


@pytest.mark.parametrize(
    ("who", "handle", "role"), [("owner", "owner", "student"), ("teacher", "another-teacher", "teacher")]
)
def test_a_token_tells_whose_it_is(api: Api, who: str, handle: str, role: str) -> None:
    body = api.client.get("/api/v1/me", headers=getattr(api, who)).json()

    assert (body["handle"], body["role"]) == (handle, role)
    assert set(body) == {"handle", "name", "role", "language", "created"}


def test_the_scheme_is_read_in_any_case(api: Api) -> None:
    headers = {"Authorization": api.owner["Authorization"].replace("Bearer", "bearer")}

    assert api.client.get("/api/v1/me", headers=headers).status_code == 200


def test_without_a_token_nobody_is_told(api: Api) -> None:
    answer = api.client.get("/api/v1/me")

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_the_first_token_is_made_with_handle_and_password(api: Api, student: str) -> None:
    answer = api.client.post(TOKENS, json={"name": "laptop"}, headers=basic(student, PASSWORD))

    token = answer.json()["token"]
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    assert api.client.get("/api/v1/me", headers=bearer(token)).json()["handle"] == student


def test_a_further_token_is_made_with_a_token(api: Api) -> None:
    token = api.client.post(TOKENS, json={"name": "laptop"}, headers=api.owner).json()["token"]

    assert api.client.get("/api/v1/me", headers=bearer(token)).json()["handle"] == "owner"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic("zhou-yi", "wrong password"),
        basic("zhou-yi", ""),
        basic("nobody", PASSWORD),
        basic("teacher", ""),
        basic("zhou\x00yi", PASSWORD),
        {"Authorization": "Basic"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic /w=="},
        {"Authorization": "Basic em hvdQ=="},
        bearer("mnb_wrong"),
    ],
)
@pytest.mark.usefixtures("student")
def test_nobody_else_makes_a_token(api: Api, headers: dict[str, str]) -> None:
    before = len(stored_tokens())

    answer = api.client.post(TOKENS, json={"name": "laptop"}, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert len(stored_tokens()) == before


def test_a_wrong_password_and_an_unknown_handle_are_told_the_same(api: Api, student: str) -> None:
    wrong, unknown = (
        api.client.post(TOKENS, json={"name": "x"}, headers=basic(handle, "wrong password")).json()["detail"]
        for handle in (student, "nobody")
    )

    assert wrong == unknown


def test_a_password_opens_nothing_but_the_making_of_tokens(api: Api, student: str) -> None:
    answer = api.client.get("/api/v1/me", headers=basic(student, PASSWORD))

    assert answer.status_code == 401


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "two\nlines", "a\x00b", 5, None, ["laptop"]])
def test_a_name_that_cannot_be_shown_is_refused(api: Api, name: Any) -> None:
    before = len(stored_tokens())

    answer = api.client.post(TOKENS, json={"name": name}, headers=api.owner)

    assert (answer.status_code, set(answer.json()["fields"])) == (422, {"name"})
    assert f"“{str(name)[:40]}”" in answer.json()["fields"]["name"]
    assert len(stored_tokens()) == before


def test_a_token_without_a_name_is_refused(api: Api) -> None:
    assert api.client.post(TOKENS, json={}, headers=api.owner).status_code == 422


def test_my_tokens_are_listed_without_their_secrets(api: Api) -> None:
    made = api.client.post(TOKENS, json={"name": "laptop"}, headers=api.owner).json()

    listed = api.client.get(TOKENS, headers=api.owner)

    assert [token["name"] for token in listed.json()["tokens"]] == ["laptop", "for tests"]
    assert made["token"] not in listed.text
    assert set(listed.json()["tokens"][0]) == {"id", "name", "scopes", "created", "last_used"}


def test_a_revoked_token_opens_nothing(api: Api) -> None:
    made = api.client.post(TOKENS, json={"name": "laptop"}, headers=api.owner).json()

    answer = api.client.delete(f"{TOKENS}/{made['id']}", headers=api.owner)

    assert (answer.status_code, answer.content) == (204, b"")
    refused = api.client.get("/api/v1/me", headers=bearer(made["token"]))
    assert refused.json()["detail"] == api.client.get("/api/v1/me").json()["detail"]


@pytest.mark.parametrize("token_id", ["0", "-1", "999", str(10**20)])
def test_a_token_that_is_not_there_cannot_be_revoked(api: Api, token_id: str) -> None:
    assert api.client.delete(f"{TOKENS}/{token_id}", headers=api.owner).status_code == 404


def test_nobody_revokes_the_token_of_another(api: Api) -> None:
    made = api.client.post(TOKENS, json={"name": "laptop"}, headers=api.owner).json()

    answer = api.client.delete(f"{TOKENS}/{made['id']}", headers=api.other)

    assert answer.status_code == 404
    assert api.client.get("/api/v1/me", headers=bearer(made["token"])).status_code == 200
