"""Who may join: anybody, who knows the class code, or nobody."""

from typing import Any

import pytest
from sqlmodel import Session

from app.core.accounts import find_user
from app.core.database import session_scope
from app.core.joining import the_class
from tests.api import Api
from tests.visitors import Visitor, error_beside, text_of, visit, visitor

__all__ = ["visit", "visitor"]
pytest_plugins = ["tests.api_fixtures"]
NEW = {"handle": "ma-li", "name": "马丽", "password": "a sentence is long"}
USERS = "/api/v1/users"


def set_class(**settings: Any) -> str:
    """Change the class; returns its code."""
    with session_scope() as session:
        classroom = the_class(session)
        for name, value in settings.items():
            setattr(classroom, name, value)
        session.add(classroom)
        return classroom.join_code


def test_an_open_class_asks_for_no_code(visitor: Visitor) -> None:
    assert "Class code" not in text_of(visitor.get("/join"))
    assert visitor.post("/join", NEW).status_code == 303


def test_the_code_is_taken_however_it_is_grouped(visitor: Visitor) -> None:
    code = set_class(sign_up="code")

    assert visitor.post("/join", NEW | {"code": f" {code[:4].upper()}–{code[4:]} "}).status_code == 303


@pytest.mark.parametrize(
    ("code", "sentence"),
    [("", "give the code of the class"), ("wrong", "“wrong” is not the code"), ("码", "“码” is not")],
)
def test_without_the_code_nobody_joins(visitor: Visitor, session: Session, code: str, sentence: str) -> None:
    set_class(sign_up="code")

    answer = visitor.post("/join", NEW | {"code": code})

    assert answer.status_code == 422
    assert sentence in error_beside(answer, "code")
    assert find_user(session, "ma-li") is None


def test_a_link_brings_the_code_along(visitor: Visitor) -> None:
    code = set_class(sign_up="code")

    assert f'name="code" type="text" value="{code}"' in visitor.get(f"/join/{code}").text


def test_codes_cannot_be_guessed_without_end(visitor: Visitor) -> None:
    code = set_class(sign_up="code")
    for _ in range(60):
        visitor.client.post(USERS, json=NEW | {"code": "wrong"})

    answer = visitor.post("/join", NEW | {"code": code})

    assert answer.status_code == 429
    assert "Try again in" in error_beside(answer, "code")


def test_a_closed_class_says_so_and_lets_nobody_in(visitor: Visitor, session: Session) -> None:
    code = set_class(sign_up="closed")

    assert "Sign-up is closed" in text_of(visitor.get(f"/join/{code}"))
    assert visitor.get("/join").status_code == 403
    assert visitor.post("/join", NEW | {"code": code}).status_code == 403
    assert find_user(session, "ma-li") is None


def test_the_api_joins_and_then_makes_a_token_with_the_password(api: Api) -> None:
    made = api.client.post(USERS, json=NEW)

    assert (made.status_code, made.json()["handle"], made.json()["role"]) == (201, "ma-li", "student")
    token = api.client.post("/api/v1/tokens", json={"name": "x"}, auth=("ma-li", NEW["password"])).json()["token"]
    assert api.client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).json()["name"] == "马丽"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"handle": "owner"}, "handle"),
        ({"name": 5}, "name"),
        ({"password": "qwertyuiop"}, "password"),
        ({"role": "teacher"}, "role"),
    ],
)
def test_the_api_refuses_by_field(api: Api, change: dict[str, Any], field: str) -> None:
    answer = api.client.post(USERS, json=NEW | change)

    assert (answer.status_code, set(answer.json()["fields"])) == (422, {field})


def test_the_api_keeps_to_the_rules_of_the_class(api: Api) -> None:
    code = set_class(sign_up="code")

    assert api.client.post(USERS, json=NEW).status_code == 422
    assert api.client.post(USERS, json=NEW | {"code": code}).status_code == 201
    set_class(sign_up="closed")
    assert api.client.post(USERS, json=NEW | {"handle": "late"}).json()["code"] == "not_allowed"
