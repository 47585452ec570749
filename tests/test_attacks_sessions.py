"""Cookies and tokens that are forged, old, borrowed, or of somebody who is gone: none of them opens anything."""

import hashlib
import time
from collections.abc import Callable
from datetime import timedelta

import argon2
import pytest
from itsdangerous import URLSafeSerializer, URLSafeTimedSerializer
from sqlmodel import Session

from app.core.accounts import add_sign_in_link, add_token, end_sessions, find_user, reset_link, use_sign_in_link
from app.core.database import session_scope
from app.core.departures import depart
from app.core.roles import set_role
from app.core.tables import ApiToken, SignInLink, User, now
from app.web import sessions
from app.web.api.callers import PASSWORD_WRONG
from tests.api import Api
from tests.board_factories import make_user
from tests.factories import PASSWORD, make_member
from tests.permissions import API
from tests.visitors import Visit, Visitor, member, visit, visitor

__all__ = ["member", "visit", "visitor"]
pytest_plugins = ["tests.api_fixtures"]
KEY = "a key for tests only"
# What a person without a token may do, and what asks for a password instead.
FOR_ALL = {"/api/v1/users", "/api/v1/me/password"}
ADDRESSES = sorted({(row.method, row.address) for row in API if row.address not in FOR_ALL})
# Some of these look at no token: whoever sends one that is dead reads what everybody reads.
READ_BY_ALL = {(row.method, row.address) for row in API if row.method == "GET" and row.stranger == 200}


def is_signed_in(visitor: Visitor) -> bool:
    return visitor.get("/me").status_code == 200


def with_cookie(visit: Visit, value: str) -> Visitor:
    made: Visitor = visit()
    made.cookies.set("session", value)
    return made


def mark_of(user: User) -> str:
    return hashlib.sha256((user.password_hash + user.session_mark).encode()).hexdigest()[:12]


def the_member() -> User:
    with session_scope() as session:
        user = find_user(session, "zhou-yi")
        assert user is not None
        return user


def test_the_right_cookie_is_what_these_tests_imitate(member: Visitor, visit: Visit) -> None:
    user = the_member()
    made = URLSafeTimedSerializer(KEY, salt="session").dumps([user.id, mark_of(user)])

    assert is_signed_in(with_cookie(visit, str(made)))


FORGERIES: dict[str, Callable[[User], str]] = {
    "another key": lambda user: URLSafeTimedSerializer("guess", salt="session").dumps([user.id, mark_of(user)]),
    "another salt": lambda user: URLSafeTimedSerializer(KEY, salt="known").dumps([user.id, mark_of(user)]),
    "no time": lambda user: URLSafeSerializer(KEY, salt="session").dumps([user.id, mark_of(user)]),
    "another mark": lambda user: URLSafeTimedSerializer(KEY, salt="session").dumps([user.id, "0" * 12]),
    "no mark": lambda user: URLSafeTimedSerializer(KEY, salt="session").dumps([user.id, ""]),
    "only the user": lambda user: URLSafeTimedSerializer(KEY, salt="session").dumps(user.id),
    "another user": lambda user: URLSafeTimedSerializer(KEY, salt="session").dumps([user.stored_id + 1, mark_of(user)]),
    "nobody": lambda user: URLSafeTimedSerializer(KEY, salt="session").dumps([10**30, mark_of(user)]),
    "an object": lambda user: URLSafeTimedSerializer(KEY, salt="session").dumps({"id": user.id}),
    "no signature": lambda user: str(URLSafeSerializer(KEY).dumps([user.id, mark_of(user)])).rpartition(".")[0],
    "much": lambda user: "." * 3000,
    "nothing": lambda user: "",
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_cookie_signs_nobody_in(member: Visitor, visit: Visit, forge: Callable[[User], str]) -> None:
    thief = with_cookie(visit, str(forge(the_member())))

    answer = thief.get("/me")

    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fme")


def test_a_cookie_of_another_kind_is_no_session(member: Visitor, visit: Visit) -> None:
    """The browser's own signed cookie, put in the place of the session."""
    assert not is_signed_in(with_cookie(visit, member.cookies["known"]))


def test_an_old_cookie_has_expired(member: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    month_s = sessions.SESSION_S
    real = time.time
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: real() + month_s - 60)
    assert is_signed_in(member)

    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: real() + month_s + 60)
    assert not is_signed_in(member)


@pytest.mark.parametrize("change", [end_sessions, depart], ids=["signed out everywhere", "departed"])
def test_a_stolen_cookie_ends_with_the_sessions(
    member: Visitor, visit: Visit, change: Callable[[Session, User], None]
) -> None:
    stolen = member.cookies["session"]
    with session_scope() as session:
        change(session, session.get_one(User, the_member().id))

    assert not is_signed_in(with_cookie(visit, stolen))


def test_a_new_password_ends_the_sessions_of_others(member: Visitor, visit: Visit) -> None:
    stolen = member.cookies["session"]
    member.post("/me/password", {"old_password": PASSWORD, "password": "another long password"})

    assert is_signed_in(member)
    assert not is_signed_in(with_cookie(visit, stolen))


def test_a_reset_ends_sessions_and_on_wish_tokens(member: Visitor, visit: Visit, api: Api) -> None:
    """Who had got into the account must be out of it: also with a token that they made meanwhile."""
    stolen = member.cookies["session"]
    with session_scope() as session:
        user = session.get_one(User, the_member().id)
        token = add_token(session, user, "of the thief")
        secret = reset_link(session, user, None)
    owner = visit()
    owner.post(f"/sign-in/link/{secret}")

    assert 'name="revoke_tokens" value="1" checked' in owner.get("/me/password").text
    assert owner.post("/me/password", {"password": "another long password", "revoke_tokens": "1"}).status_code == 303
    assert not is_signed_in(with_cookie(visit, stolen))
    assert api.client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_a_teacher_who_teaches_no_more_is_one_no_more_at_once(visit: Visit) -> None:
    with session_scope() as session:
        make_member(session, "ms-wang", "Ms Wang", "teacher")
    teacher = visit().sign_in("ms-wang")
    assert teacher.get("/teach").status_code == 200
    with session_scope() as session:
        user = find_user(session, "ms-wang")
        assert user is not None
        set_role(session, user, "student", None)

    assert teacher.get("/teach").status_code == 403


@pytest.mark.parametrize("age", [timedelta(days=7, minutes=1), timedelta(days=400)], ids=["a week", "a year"])
def test_an_old_sign_in_link_is_worthless(member: Visitor, visit: Visit, age: timedelta) -> None:
    with session_scope() as session:
        secret = add_sign_in_link(session, session.get_one(User, the_member().id))
        session.flush()
        row = session.get_one(SignInLink, hashlib.sha256(secret.encode()).hexdigest())
        row.created = now() - age

    assert visit().post(f"/sign-in/link/{secret}").status_code == 404


def test_a_link_of_somebody_who_has_left_is_worthless(member: Visitor) -> None:
    """Made in the moment in which the account was deleted."""
    with session_scope() as session:
        user = session.get_one(User, the_member().id)
        depart(session, user)
        secret = add_sign_in_link(session, user)

    with session_scope() as session:
        assert use_sign_in_link(session, secret) is None


def test_one_link_signs_in_one_person_once(member: Visitor, visit: Visit) -> None:
    with session_scope() as session:
        secret = add_sign_in_link(session, session.get_one(User, the_member().id))

    assert [visit().post(f"/sign-in/link/{secret}").status_code for _ in range(2)] == [303, 404]


GONE: dict[str, Callable[[Session, User], object]] = {
    "made up": lambda session, user: "mnb_" + "A" * 43,
    "empty": lambda session, user: "",
    "a hash from a stolen table": lambda session, user: session.get_one(ApiToken, 1).token_sha256,
    "another alphabet": lambda session, user: "\u00e9" * 40,
}


@pytest.mark.parametrize("make", GONE.values(), ids=GONE)
def test_what_is_no_token_is_refused_in_one_sentence(api: Api, make: Callable[[Session, User], object]) -> None:
    with session_scope() as session:
        token = str(make(session, session.get_one(User, 1)))

    answer = api.client.get("/api/v1/me", headers={"Authorization": b"Bearer " + token.encode("latin-1")})

    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def end_token(api: Api, how: str) -> None:
    with session_scope() as session:
        owner = find_user(session, "owner")
        assert owner is not None
        if how == "departed":
            depart(session, owner)
        else:
            session.delete(session.get_one(ApiToken, 1))


@pytest.mark.parametrize("how", ["departed", "revoked"])
def test_a_token_that_has_ended_opens_no_address_at_all(api: Api, how: str) -> None:
    assert api.client.get("/api/v1/me", headers=api.owner).status_code == 200
    end_token(api, how)

    statuses = {address: api.client.request(*address, headers=api.owner).status_code for address in ADDRESSES}

    assert {address for address, status in statuses.items() if status != 401} <= READ_BY_ALL
    assert statuses["GET", "/api/v1/submissions/1"] == 401


def test_a_token_left_behind_by_somebody_who_has_gone_is_worthless(api: Api) -> None:
    """Made in the moment in which the account was deleted."""
    with session_scope() as session:
        owner = find_user(session, "owner")
        assert owner is not None
        depart(session, owner)
        token = add_token(session, owner, "late")

    assert api.client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_a_cookie_is_no_token_and_a_token_no_cookie(member: Visitor, visit: Visit, api: Api) -> None:
    """So that no form of another site can speak to the API with a member's cookie."""
    assert member.client.get("/api/v1/me").status_code == 401
    assert member.get("/api/v1/me").status_code == 401
    assert member.get("/me", headers=api.owner).status_code == 200
    assert visit().get("/me", headers=api.owner).status_code == 303


def test_the_cookie_is_kept_from_scripts_and_from_other_sites(visit: Visit) -> None:
    with session_scope() as session:
        make_member(session)
    visitor = visit()
    answer = visitor.post("/sign-in", {"handle": "zhou-yi", "password": PASSWORD})

    cookie = next(value for value in answer.headers.get_list("set-cookie") if value.startswith("session="))
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


@pytest.mark.parametrize("handle", ["zhou-yi", "nobody", "li-na", "-7", "\u0430dmin", "", "x" * 500])
def test_a_password_is_looked_at_for_every_handle(
    member: Visitor, api: Api, monkeypatch: pytest.MonkeyPatch, handle: str
) -> None:
    """Or the time that an answer takes would tell who is here. Li Na has no password, and nobody no account."""
    with session_scope() as session:
        make_user(session, "li-na")
    looked_at: list[str] = []
    verify = argon2.PasswordHasher.verify

    def counting(self: argon2.PasswordHasher, stored: str, password: str) -> bool:
        looked_at.append(password)
        return verify(self, stored, password)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", counting)
    answer = api.client.post("/api/v1/tokens", json={"name": "x"}, auth=(handle.encode(), b"not the password"))

    assert (answer.status_code, answer.json()["detail"]) == (401, PASSWORD_WRONG)
    assert looked_at == ["not the password"]
