"""My account: its name, its sessions, its password by link, and what the API does of that."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from app.core.accounts import add_sign_in_link, find_user, reset_link, use_sign_in_link
from app.core.database import session_scope
from app.core.tables import Audit, SignInLink, User
from tests.api import Api
from tests.factories import PASSWORD, make_member
from tests.visitors import Visit, Visitor, error_beside, member, text_of, visit, visitor

__all__ = ["member", "visit", "visitor"]
pytest_plugins = ["tests.api_fixtures"]


@pytest.fixture
def zhou(session: Session) -> User:
    user = make_member(session)
    session.commit()
    return user


def test_another_name_is_shown_at_once(member: Visitor) -> None:
    member.post("/me/name", {"name": "  周一  "})

    assert "周一" in text_of(member.get("/"))


def test_a_name_that_cannot_be_shown_is_refused(member: Visitor) -> None:
    assert "Please give the name" in error_beside(member.post("/me/name", {"name": "a\nb"}), "name")


def test_signing_out_everywhere_ends_all_sessions(member: Visitor, visit: Visit) -> None:
    elsewhere = visit().sign_in()

    member.post("/sign-out/everywhere")

    assert member.get("/me").status_code == elsewhere.get("/me").status_code == 303
    assert visit().sign_in().get("/me").status_code == 200


def test_a_cookie_from_before_stays_worthless_after_signing_in_again(member: Visitor, visit: Visit) -> None:
    stolen = visit()
    stolen.cookies.update(member.cookies)
    member.post("/sign-out/everywhere")
    member.sign_in()

    assert stolen.get("/me").status_code == 303


def test_a_visit_is_noted_once_an_hour(member: Visitor, session: Session) -> None:
    member.get("/")
    first = find_user(session, "zhou-yi").seen  # type: ignore[union-attr]
    member.get("/")
    session.rollback()
    session.expire_all()

    assert first is not None
    assert find_user(session, "zhou-yi").seen == first  # type: ignore[union-attr]


def test_a_reset_link_leads_to_a_new_password(visitor: Visitor, visit: Visit, zhou: User, session: Session) -> None:
    secret = reset_link(session, zhou, None)
    session.commit()

    assert visitor.post(f"/sign-in/link/{secret}").headers["location"] == "/me/password"
    assert "Present password" not in text_of(visitor.get("/me/password"))
    assert visitor.post("/me/password", {"password": "a new long password"}).status_code == 303

    assert visit().sign_in(password="a new long password").get("/me").status_code == 200
    assert visit().post("/sign-in", {"handle": "zhou-yi", "password": PASSWORD}).status_code == 422


def test_the_old_password_works_until_the_link_is_used(visit: Visit, zhou: User, session: Session) -> None:
    secret = reset_link(session, zhou, None)
    session.commit()
    before = visit().sign_in()

    visit().post(f"/sign-in/link/{secret}")

    assert before.get("/me").status_code == 303


def test_a_newer_reset_link_ends_the_older_one(zhou: User, session: Session) -> None:
    older, newer = reset_link(session, zhou, None), reset_link(session, zhou, None)

    assert use_sign_in_link(session, older) is None
    assert use_sign_in_link(session, newer) == zhou


def test_a_reset_is_written_down_with_who_did_it(zhou: User, session: Session) -> None:
    teacher = make_member(session, "ms-li", "Ms Li", "teacher")

    secret = reset_link(session, zhou, teacher)

    row = session.exec(select(Audit)).one()
    assert (row.actor_id, row.action, row.subject) == (teacher.id, "user.reset", "user zhou-yi")
    assert secret not in str(row.model_dump())


def test_a_link_is_good_for_a_week(zhou: User, session: Session) -> None:
    secret = add_sign_in_link(session, zhou)
    session.flush()
    link = session.exec(select(SignInLink).where(SignInLink.user_id == zhou.id)).one()
    link.created -= timedelta(days=7, seconds=1)
    session.add(link)

    assert use_sign_in_link(session, secret) is None


def test_the_api_changes_name_and_language(api: Api) -> None:
    told = api.client.patch("/api/v1/me", json={"name": "Amy", "language": "zh"}, headers=api.owner)

    assert (told.status_code, told.json()["name"], told.json()["language"]) == (200, "Amy", "zh")


@pytest.mark.parametrize(
    ("change", "field"), [({"name": "a\nb"}, "name"), ({"language": "fr"}, "language"), ({"role": "teacher"}, "role")]
)
def test_the_api_refuses_other_changes(api: Api, change: dict[str, Any], field: str) -> None:
    answer = api.client.patch("/api/v1/me", json=change, headers=api.owner)

    assert (answer.status_code, set(answer.json()["fields"])) == (422, {field})


def test_the_api_changes_the_password_with_the_old_one(api: Api, zhou: User) -> None:
    address = "/api/v1/me/password"
    new = {"password": "a new long password"}

    assert api.client.put(address, json=new, headers=api.owner).status_code == 401
    assert api.client.put(address, json={"password": "qwertyuiop"}, auth=("zhou-yi", PASSWORD)).status_code == 422
    assert api.client.put(address, json=new, auth=("zhou-yi", PASSWORD)).status_code == 204
    assert api.client.put(address, json=new, auth=("zhou-yi", PASSWORD)).status_code == 401


def test_the_api_signs_out_everywhere(member: Visitor) -> None:
    made = member.client.post("/api/v1/tokens", json={"name": "x"}, auth=("zhou-yi", PASSWORD)).json()
    headers = {"Authorization": f"Bearer {made['token']}"}

    assert member.client.delete("/api/v1/me/sessions", headers=headers).status_code == 204

    assert member.get("/me").status_code == 303
    assert member.client.get("/api/v1/me", headers=headers).status_code == 200


def test_a_page_that_is_left_open_ends_with_its_account(member: Visitor) -> None:
    token = member.csrf_token()
    with session_scope() as session:
        user = find_user(session, "zhou-yi")
        assert user is not None
        user.departed = user.created
        session.add(user)

    assert member.post("/me/name", {"name": "x", "csrf_token": token}).status_code in (303, 403)
    assert member.get("/me").status_code == 303
