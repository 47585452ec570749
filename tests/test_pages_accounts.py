import re

import pytest
from sqlmodel import Session

from app.core.accounts import add_sign_in_link, add_user, find_user, user_of_token
from tests.factories import PASSWORD, make_member
from tests.visitors import Visit, Visitor, error_beside, member, text_of, visit, visitor

__all__ = ["member", "visit", "visitor"]
NEW = {"handle": "ma-li", "name": "马丽", "password": "a sentence is long"}


def test_who_joins_is_signed_in_and_goes_where_they_wanted(visitor: Visitor) -> None:
    response = visitor.post("/join", NEW | {"next": "/submit?model=lenet5"})
    assert response.status_code == 303
    assert response.headers["location"] == "/submit?model=lenet5"
    assert "马丽" in text_of(visitor.get("/"))


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("handle", "Not A Handle", "cannot be a handle"),
        ("name", "", "Please give the name"),
        ("password", "short", "The password has 5 characters; use 10 or more."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(visitor: Visitor, field: str, value: str, sentence: str) -> None:
    response = visitor.post("/join", NEW | {field: value})
    assert response.status_code == 422
    assert sentence in error_beside(response, field)
    assert f'<a href="#f-{field}">' in response.text


def test_what_was_typed_is_kept_but_not_the_password(visitor: Visitor) -> None:
    response = visitor.post("/join", NEW | {"handle": "?"})
    assert 'value="马丽"' in response.text
    assert NEW["password"] not in response.text


def test_a_taken_handle_is_refused(visitor: Visitor, session: Session) -> None:
    make_member(session, "ma-li")
    session.commit()
    assert "is taken" in error_beside(visitor.post("/join", NEW), "handle")


def test_signing_in_and_out(visitor: Visitor, session: Session) -> None:
    make_member(session)
    session.commit()
    visitor.sign_in()
    assert "Zhou Yi" in text_of(visitor.get("/"))
    assert visitor.post("/sign-out").headers["location"] == "/"
    assert "Zhou Yi" not in text_of(visitor.get("/"))


def test_an_unknown_handle_and_a_wrong_password_get_the_same_answer(visitor: Visitor, session: Session) -> None:
    make_member(session)
    session.commit()
    wrong = visitor.post("/sign-in", {"handle": "zhou-yi", "password": "not the password"})
    unknown = visitor.post("/sign-in", {"handle": "nobody", "password": "not the password"})
    assert wrong.status_code == unknown.status_code == 422
    assert error_beside(wrong, "password") == error_beside(unknown, "password")


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)", ""],
)
def test_signing_in_never_leads_to_another_site(visitor: Visitor, session: Session, target: str) -> None:
    make_member(session)
    session.commit()
    response = visitor.post("/sign-in", {"handle": "zhou-yi", "password": PASSWORD, "next": target})
    assert response.headers["location"] == "/"


def test_a_page_for_members_sends_strangers_to_sign_in_and_back(visitor: Visitor) -> None:
    response = visitor.get("/submit?model=mlp")
    assert response.status_code == 303
    assert response.headers["location"] == "/sign-in?next=%2Fsubmit%3Fmodel%3Dmlp"


def test_the_session_cookie_is_out_of_reach_for_scripts_and_other_sites(visitor: Visitor) -> None:
    cookie = visitor.post("/join", NEW).headers["set-cookie"]
    assert re.search(r"session=.*HttpOnly.*SameSite=lax", cookie)


def test_a_forged_session_is_no_session(visitor: Visitor) -> None:
    visitor.cookies.set("session", "WzEsIiJd.forged.signature")
    assert "Sign in" in text_of(visitor.get("/"))


def test_a_form_without_our_token_is_refused(member: Visitor) -> None:
    response = member.post("/sign-out", {"csrf_token": ""})
    assert response.status_code == 403
    assert "This form has expired" in text_of(response)


def test_a_token_made_for_another_person_is_refused(member: Visitor, visit: Visit) -> None:
    assert member.post("/sign-out", {"csrf_token": visit().csrf_token()}).status_code == 403


def test_opening_a_sign_in_link_spends_nothing_and_its_button_works_once(
    visitor: Visitor, visit: Visit, session: Session
) -> None:
    secret = add_sign_in_link(session, add_user(session, "new-teacher", "Ms Wang", "teacher"))
    session.commit()
    assert "This link works once." in text_of(visitor.get(f"/sign-in/link/{secret}"))
    first = visitor.post(f"/sign-in/link/{secret}")
    assert first.headers["location"] == "/me/password"
    again = visit().post(f"/sign-in/link/{secret}")
    assert again.status_code == 404
    assert "has been used before" in text_of(again)


def test_who_came_by_link_sets_a_password_and_stays_signed_in(visitor: Visitor, visit: Visit, session: Session) -> None:
    secret = add_sign_in_link(session, add_user(session, "new-teacher", "Ms Wang", "teacher"))
    session.commit()
    visitor.post(f"/sign-in/link/{secret}")
    assert visitor.post("/me/password", {"password": PASSWORD}).headers["location"] == "/me"
    assert visitor.get("/me").status_code == 200
    assert visit().sign_in("new-teacher").get("/me").status_code == 200


def test_a_short_password_is_refused(visitor: Visitor, session: Session) -> None:
    secret = add_sign_in_link(session, add_user(session, "new-teacher", "Ms Wang", "teacher"))
    session.commit()
    visitor.post(f"/sign-in/link/{secret}")
    assert "use 10 or more" in error_beside(visitor.post("/me/password", {"password": "short"}), "password")


def test_a_new_password_needs_the_old_one(member: Visitor) -> None:
    response = member.post("/me/password", {"old_password": "wrong", "password": "another long password"})
    assert "not your present password" in error_beside(response, "old_password")


def test_a_new_password_ends_other_sessions(member: Visitor, visit: Visit) -> None:
    elsewhere = visit().sign_in()
    member.post("/me/password", {"old_password": PASSWORD, "password": "another long password"})
    assert member.get("/me").status_code == 200
    assert elsewhere.get("/me").status_code == 303


def test_a_token_is_shown_once_and_works_until_it_is_revoked(member: Visitor, session: Session) -> None:
    made = member.post("/me/tokens", {"name": "laptop"})
    secret = re.findall(r"mnb_[\w-]+", made.text)[0]
    assert user_of_token(session, secret) == find_user(session, "zhou-yi")
    session.rollback()
    listed = member.get("/me/tokens")
    assert "laptop" in listed.text
    assert secret not in listed.text
    revoke = re.findall(r'action="(/me/tokens/\d+/revoke)"', listed.text)[0]
    assert member.post(revoke).status_code == 303
    session.expire_all()
    assert user_of_token(session, secret) is None


def test_a_token_needs_a_name(member: Visitor) -> None:
    assert "Give the token a name" in error_beside(member.post("/me/tokens", {"name": " "}), "name")


def test_nobody_revokes_the_token_of_another(member: Visitor, visit: Visit, session: Session) -> None:
    make_member(session, "other")
    session.commit()
    revoke = re.findall(r'action="(/me/tokens/\d+/revoke)"', member.post("/me/tokens", {"name": "laptop"}).text)[0]
    assert visit().sign_in("other").post(revoke).status_code == 404
