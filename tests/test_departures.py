"""Leaving: the account is gone at once, what was submitted stays under no name."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from app.core.accounts import add_token, add_user, find_user
from app.core.database import session_scope
from app.core.departures import PRIVATE, depart
from app.core.errors import Conflict
from app.core.tables import Audit, Submission, User
from tests.api import Api
from tests.board_factories import make_result, make_submission
from tests.factories import PASSWORD, make_member
from tests.permission_ground import make_ground
from tests.visitors import Visit, Visitor, error_beside, member, text_of, visit, visitor

__all__ = ["member", "visit", "visitor"]
pytest_plugins = ["tests.api_fixtures", "tests.postgres"]


def submit_something() -> None:
    with session_scope() as session:
        user = find_user(session, "zhou-yi")
        assert user is not None
        make_result(session, make_submission(session, user, title="my net"))


def leave(visitor: Visitor) -> None:
    assert visitor.post("/me/delete", {"password": PASSWORD}).status_code == 303


def test_the_page_says_what_goes_and_what_stays(member: Visitor) -> None:
    text = text_of(member.get("/me/delete"))

    assert "becomes “former student”" in text
    assert "What you submitted stays" in text


@pytest.mark.parametrize("password", ["", "not the password"])
def test_without_the_password_nothing_is_deleted(member: Visitor, password: str) -> None:
    answer = member.post("/me/delete", {"password": password})

    assert (answer.status_code, error_beside(answer, "password")) == (422, "This is not your present password.")
    assert member.get("/me").status_code == 200


def test_the_result_stays_on_the_board_under_no_name(member: Visitor) -> None:
    submit_something()
    assert "Zhou Yi" in text_of(member.get("/"))

    leave(member)

    board = text_of(member.get("/"))
    assert "my net" in board
    assert "former student" in board
    assert "Zhou Yi" not in board
    assert "往届同学" in text_of(member.get("/s/1", headers={"Accept-Language": "zh"}))
    assert "zhou-yi" not in member.get("/api/v1/leaderboard").text


def test_who_left_is_signed_out_everywhere_and_cannot_sign_in(member: Visitor, visit: Visit) -> None:
    elsewhere = visit().sign_in()
    leave(member)

    assert elsewhere.get("/me").status_code == 303
    assert visit().post("/sign-in", {"handle": "zhou-yi", "password": PASSWORD}).status_code == 422
    assert member.get("/u/zhou-yi").status_code == 404


def test_a_token_of_theirs_opens_nothing(member: Visitor) -> None:
    with session_scope() as session:
        user = find_user(session, "zhou-yi")
        assert user is not None
        token = add_token(session, user, "laptop")
    leave(member)

    assert member.client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_the_handle_is_free_again_and_its_new_owner_is_somebody_else(member: Visitor, visitor: Visitor) -> None:
    submit_something()
    leave(member)

    visitor.post("/join", {"handle": "zhou-yi", "name": "Another", "password": PASSWORD})

    assert "my net" not in text_of(visitor.get("/u/zhou-yi"))


def test_nothing_private_is_kept(data_dir: Path, app: FastAPI) -> None:
    with TestClient(app) as client:
        make_ground(client)
    with session_scope() as session:
        owner = find_user(session, "owner")
        assert owner is not None
        owner_id = owner.stored_id

        depart(session, owner)

    with session_scope() as session:
        kept = [table for table in PRIVATE if session.exec(select(table).where(table.user_id == owner_id)).all()]
        user = session.get_one(User, owner_id)
        assert kept == []
        assert (user.name, user.handle, user.password_hash) == ("former student", f"-{owner_id}", "")
        assert len(session.exec(select(Submission).where(Submission.user_id == owner_id)).all()) == 3
        assert session.exec(select(Audit).where(Audit.action == "user.depart")).one().actor_id == owner_id


def test_the_only_teacher_cannot_leave(session: Session) -> None:
    first = find_user(session, "teacher")
    assert first is not None

    with pytest.raises(Conflict, match="the only teacher"):
        depart(session, first)


def test_a_teacher_beside_another_can(session: Session) -> None:
    second = add_user(session, "ms-li", "Ms Li", "teacher")
    session.flush()

    depart(session, second)

    assert second.departed is not None


def test_the_api_deletes_with_the_password_and_not_with_a_token(api: Api, session: Session) -> None:
    make_member(session)
    session.commit()

    assert api.client.delete("/api/v1/me", headers=api.owner).status_code == 401
    assert api.client.delete("/api/v1/me", auth=("zhou-yi", PASSWORD)).status_code == 204
    session.rollback()
    assert find_user(session, "zhou-yi") is None


def test_two_teachers_who_leave_at_once_do_not_leave_the_class_alone(either_database: str) -> None:
    with session_scope() as session:
        seeded = find_user(session, "teacher")
        assert seeded is not None
        other = make_member(session, "ms-wang", "Wang Fang", "teacher")

    def leave(user_id: int) -> bool:
        try:
            with session_scope() as session:
                depart(session, session.get_one(User, user_id))
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(leave, [seeded.stored_id, other.stored_id])) == [False, True]
