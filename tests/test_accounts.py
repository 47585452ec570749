"""Users, passwords, tokens and one-time links."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from app.core.accounts import (
    NewUser,
    add_sign_in_link,
    add_token,
    add_user,
    check_password,
    find_user,
    revoke_token,
    sign_up,
    tokens_of,
    use_sign_in_link,
    user_of_token,
)
from app.core.database import get_engine, session_scope
from app.core.errors import InvalidFields, NotFound
from app.core.tables import ApiToken, Membership, SignInLink, User

pytest_plugins = ["tests.postgres"]

PASSWORD = "correct horse battery 马"


def new_user(handle: str = "zhou-yi", name: str = "周一", password: str = PASSWORD) -> NewUser:
    return NewUser(handle, name, password)


def refusal(session: Session, new: NewUser) -> dict[str, str]:
    with pytest.raises(InvalidFields) as caught:
        sign_up(session, new)
    return {name: str(sentence) for name, sentence in caught.value.fields.items()}


def test_a_new_user_is_a_student_of_the_class(session: Session) -> None:
    user = sign_up(session, new_user())

    assert (user.handle, user.name, user.role) == ("zhou-yi", "周一", "student")
    assert session.exec(select(Membership).where(Membership.user_id == user.id)).one()


def test_a_handle_is_kept_in_small_letters_without_blanks(session: Session) -> None:
    assert sign_up(session, new_user(handle=" Zhou-Yi ")).handle == "zhou-yi"


@pytest.mark.parametrize("handle", ["a", "a1", "x_y-z", "0" * 32])
def test_a_handle_of_the_allowed_letters_is_taken(session: Session, handle: str) -> None:
    assert sign_up(session, new_user(handle=handle)).handle == handle


@pytest.mark.parametrize("handle", ["", " ", "周一", "a b", "-a", "a-", "a/b", "a" * 33, "a\x00b", "../x", "a\nb"])
def test_another_handle_is_refused_by_name(session: Session, handle: str) -> None:
    assert f"“{handle.strip()[:40]}”" in refusal(session, new_user(handle=handle))["handle"]


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\x00b", "two\nlines", "\ud800"])
def test_a_name_that_cannot_be_shown_is_refused(session: Session, name: str) -> None:
    assert set(refusal(session, new_user(name=name))) == {"name"}


@pytest.mark.parametrize("name", ["周　一", "Ana María Núñez", "👩‍🔬"])
def test_a_name_may_be_of_any_script(session: Session, name: str) -> None:
    assert sign_up(session, new_user(name=name)).name == name


@pytest.mark.parametrize(("password", "given"), [("123456789", "9"), ("", "0"), ("x" * 1001, "1001")])
def test_a_password_of_the_wrong_length_is_refused_with_its_length(session: Session, password: str, given: str) -> None:
    assert f"has {given} characters" in refusal(session, new_user(password=password))["password"]


def test_all_that_is_wrong_is_told_at_once(session: Session) -> None:
    assert set(refusal(session, NewUser("", "", ""))) == {"handle", "name", "password"}


def test_a_handle_that_is_taken_is_refused_and_the_session_stays_usable(session: Session) -> None:
    sign_up(session, new_user())

    assert "“zhou-yi” is taken" in refusal(session, new_user(handle="ZHOU-YI"))["handle"]
    assert sign_up(session, new_user(handle="another")).handle == "another"


def test_the_password_is_kept_as_argon2id_only(session: Session) -> None:
    user = sign_up(session, new_user())

    assert user.password_hash.startswith("$argon2id$")
    assert PASSWORD not in user.password_hash


def test_the_right_password_gives_the_user(session: Session) -> None:
    user = sign_up(session, new_user())

    assert check_password(session, "Zhou-Yi", PASSWORD) == user


@pytest.mark.parametrize(
    ("handle", "password"),
    [("zhou-yi", "wrong password"), ("zhou-yi", ""), ("nobody", PASSWORD), ("teacher", ""), ("zhou\x00yi", PASSWORD)],
)
def test_another_password_or_handle_gives_nobody(session: Session, handle: str, password: str) -> None:
    sign_up(session, new_user())

    assert check_password(session, handle, password) is None


def test_a_token_gives_its_user_and_only_its_hash_is_kept(session: Session) -> None:
    user = sign_up(session, new_user())
    token = add_token(session, user, "laptop")

    assert user_of_token(session, token) == user
    assert token.startswith("mnb_")
    assert token not in repr(session.exec(select(ApiToken)).one().model_dump())


@pytest.mark.parametrize("token", ["", "mnb_", "mnb_wrong", "\x00", "周"])
def test_an_unknown_token_gives_nobody(session: Session, token: str) -> None:
    assert user_of_token(session, token) is None


def test_the_use_of_a_token_is_noted(session: Session) -> None:
    token = add_token(session, sign_up(session, new_user()), "laptop")

    user_of_token(session, token)

    assert session.exec(select(ApiToken)).one().last_used is not None


def test_its_use_is_noted_once_a_minute_at_most(session: Session) -> None:
    token = add_token(session, sign_up(session, new_user()), "laptop")
    user_of_token(session, token)
    row = session.exec(select(ApiToken)).one()
    assert row.last_used is not None
    shortly_before = row.last_used = row.last_used - timedelta(seconds=50)

    user_of_token(session, token)

    assert session.exec(select(ApiToken)).one().last_used == shortly_before


def test_a_revoked_token_gives_nobody(session: Session) -> None:
    user = sign_up(session, new_user())
    token = add_token(session, user, "laptop")

    revoke_token(session, user, tokens_of(session, user)[0].stored_id)

    assert user_of_token(session, token) is None


def test_nobody_can_revoke_the_token_of_another(session: Session) -> None:
    user, other = sign_up(session, new_user()), sign_up(session, new_user(handle="other"))
    token = add_token(session, user, "laptop")
    token_id = tokens_of(session, user)[0].stored_id

    with pytest.raises(NotFound, match=f"#{token_id}"):
        revoke_token(session, other, token_id)

    assert user_of_token(session, token) == user


def test_tokens_are_listed_newest_first_and_only_my_own(session: Session) -> None:
    user, other = sign_up(session, new_user()), sign_up(session, new_user(handle="other"))
    for owner, name in ((user, "first"), (other, "not mine"), (user, "second")):
        add_token(session, owner, name)

    assert [token.name for token in tokens_of(session, user)] == ["second", "first"]


def test_a_link_signs_in_once(session: Session) -> None:
    user = sign_up(session, new_user())
    secret = add_sign_in_link(session, user)

    assert use_sign_in_link(session, secret) == user
    assert use_sign_in_link(session, secret) is None


def test_only_the_hash_of_a_link_is_kept(session: Session) -> None:
    secret = add_sign_in_link(session, sign_up(session, new_user()))

    assert secret not in [link.secret_sha256 for link in session.exec(select(SignInLink))]


def test_an_unknown_link_signs_nobody_in(session: Session) -> None:
    assert use_sign_in_link(session, "made up") is None


def use_link(secret: str) -> bool:
    with session_scope() as session:
        return use_sign_in_link(session, secret) is not None


def test_a_link_used_eight_times_at_once_signs_in_once(either_database: str) -> None:
    with session_scope() as session:
        secret = add_sign_in_link(session, sign_up(session, new_user()))

    with ThreadPoolExecutor(8) as threads:
        uses = list(threads.map(use_link, [secret] * 8))

    assert sum(uses) == 1


def test_two_people_cannot_take_the_same_handle(either_database: str) -> None:
    with session_scope() as session:
        add_user(session, "zhou-yi", "Zhou", "student")

    with pytest.raises(InvalidFields), session_scope() as session:
        add_user(session, "zhou-yi", "Another", "student")

    with session_scope() as session:
        found = find_user(session, "zhou-yi")
        assert found is not None
        assert found.name == "Zhou"


def test_moments_come_back_in_utc_from_either_database(either_database: str) -> None:
    with session_scope() as session:
        user = sign_up(session, new_user())
        made = user.created

    with session_scope() as session:
        stored = session.exec(select(User).where(User.handle == "zhou-yi")).one().created
        assert (stored, stored.utcoffset()) == (made, timedelta(0))


def test_a_sign_up_that_fails_later_leaves_no_handle_behind(either_database: str) -> None:
    with Session(get_engine()) as session:
        add_user(session, "ghost", "Ghost", "student")
        session.rollback()

    with session_scope() as session:
        assert find_user(session, "ghost") is None
