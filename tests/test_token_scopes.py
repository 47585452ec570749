"""What a token may do: read, or submit too."""

import re
from typing import Any

import pytest

from app.core import tokens
from tests.api import SUBMISSIONS, Api
from tests.permissions import API
from tests.visitors import Visitor, error_beside, member, text_of, visit

__all__ = ["member", "visit"]
pytest_plugins = ["tests.api_fixtures"]
TOKENS = "/api/v1/tokens"
# These ask for no token, or for a password instead.
WITHOUT_TOKEN = {"/api/v1/users", "/api/v1/me/password"}
WRITES = sorted({(row.method, row.address) for row in API if row.method != "GET"} - {("DELETE", "/api/v1/me")})


def make(api: Api, scopes: Any, by: dict[str, str] | None = None) -> Any:
    return api.client.post(TOKENS, json={"name": "laptop", "scopes": scopes}, headers=by or api.owner)


def header(answer: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {answer.json()['token']}"}


@pytest.fixture
def reading(api: Api) -> dict[str, str]:
    """The header of a token of the owner's that may only read."""
    return header(make(api, ["read"]))


def test_a_token_that_may_read_writes_nothing(api: Api, reading: dict[str, str]) -> None:
    writes = [write for write in WRITES if write[1] not in WITHOUT_TOKEN]

    answers = {write: api.client.request(*write, headers=reading) for write in writes}

    assert len(writes) > 30
    assert {write for write, answer in answers.items() if answer.status_code != 403} == set()
    assert {answer.json()["code"] for answer in answers.values()} == {"not_allowed"}
    assert {"may only “read”" in answer.json()["detail"] for answer in answers.values()} == {True}


def test_it_reads(api: Api, reading: dict[str, str]) -> None:
    assert api.client.get("/api/v1/me", headers=reading).json()["handle"] == "owner"
    assert api.client.get(TOKENS, headers=reading).json()["tokens"][0]["scopes"] == ["read"]


def test_without_a_word_a_token_may_do_both(api: Api) -> None:
    made = api.client.post(TOKENS, json={"name": "laptop"}, headers=api.owner)

    assert made.json()["scopes"] == ["read", "submit"]
    assert api.client.post(SUBMISSIONS, json={"model": "yannet"}, headers=header(made)).status_code == 201


def test_who_may_submit_may_read(api: Api) -> None:
    assert make(api, ["submit"]).json()["scopes"] == ["read", "submit"]


@pytest.mark.parametrize("scopes", [[], ["admin"], ["read", "admin"], "read", None, [1], {"read": True}])
def test_other_scopes_are_refused(api: Api, scopes: Any) -> None:
    answer = make(api, scopes)

    assert (answer.status_code, set(answer.json()["fields"])) == (422, {"scopes"})


def test_the_page_makes_a_token_that_only_reads(member: Visitor) -> None:
    made = member.post("/me/tokens", {"name": "reader", "scopes": "read"})
    token = re.findall(r"mnb_[\w-]+", made.text)[0]

    answer = member.client.post(SUBMISSIONS, json={}, headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 403
    assert "reader read" in text_of(member.get("/me/tokens"))


def test_the_page_refuses_a_scope_that_there_is_not(member: Visitor) -> None:
    assert "no scope “admin”" in error_beside(member.post("/me/tokens", {"name": "x", "scopes": "admin"}), "scopes")


def test_tokens_are_not_made_without_end(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "TOKENS_MAXIMUM", 3)

    answers = [make(api, ["read"]) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [201, 201, 409, 409]
    assert "You have 3 tokens" in answers[-1].json()["detail"]
