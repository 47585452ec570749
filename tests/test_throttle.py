"""Guessing passwords: slower and slower, never for good, and never in the way of who was here before."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from app.core import throttle
from app.core.accounts import NewUser, sign_up
from app.core.database import session_scope
from app.core.errors import TooMany
from app.core.signing_in import check_sign_in
from app.core.tables import Attempt, now
from tests.api import Api
from tests.factories import PASSWORD, make_member
from tests.visitors import Visit, Visitor, error_beside, member, visit, visitor

__all__ = ["member", "visit", "visitor"]
pytest_plugins = ["tests.postgres", "tests.api_fixtures"]
WRONG = "not the password"
HOME = "192.0.2.7"
Advance = Callable[[float], None]


@pytest.fixture(autouse=True)
def advance(monkeypatch: pytest.MonkeyPatch) -> Advance:
    """Lets seconds pass; otherwise time stands still."""
    start, passed = now(), [timedelta(0)]

    def later() -> datetime:
        return start + passed[0]

    def advance_s(seconds: float) -> None:
        passed[0] += timedelta(seconds=seconds)

    monkeypatch.setattr(throttle, "now", later)
    return advance_s


@pytest.fixture
def zhou(data_dir: object) -> str:
    with session_scope() as session:
        return make_member(session).handle


def guess(times: int, handle: str = "zhou-yi", host: str = HOME) -> None:
    for _ in range(times):
        assert check_sign_in(handle, WRONG, host) is None


def wait_s(handle: str = "zhou-yi", host: str = HOME, password: str = PASSWORD) -> int:
    """How long the next try must wait."""
    with pytest.raises(TooMany) as caught:
        check_sign_in(handle, password, host)
    return caught.value.retry_after_s


def test_a_few_mistakes_cost_nothing(zhou: str) -> None:
    guess(4)

    assert check_sign_in(zhou, PASSWORD, HOME) is not None


def test_after_five_failures_even_the_right_password_waits(zhou: str) -> None:
    guess(5)

    assert wait_s() == 5


def test_the_wait_doubles_with_each_failure_up_to_ten_minutes(zhou: str, advance: Advance) -> None:
    guess(5)
    waits = []
    for _ in range(9):
        waits.append(wait_s())
        advance(waits[-1])
        guess(1)

    assert waits == [5, 10, 20, 40, 80, 160, 320, 600, 600]


def test_after_the_wait_the_owner_gets_in(zhou: str, advance: Advance) -> None:
    guess(5)
    advance(wait_s())

    assert check_sign_in(zhou, PASSWORD, HOME) is not None


def test_an_hour_later_all_is_forgotten(zhou: str, advance: Advance) -> None:
    guess(5)
    advance(3601)
    guess(4)

    assert check_sign_in(zhou, PASSWORD, HOME) is not None
    with session_scope() as session:
        assert len(session.exec(select(Attempt)).all()) == 8


def test_tries_during_the_wait_do_not_make_it_longer(zhou: str, advance: Advance) -> None:
    guess(5)

    assert [wait_s() for _ in range(3)] == [5, 5, 5]


def test_guesses_from_many_addresses_are_counted_for_the_account(zhou: str) -> None:
    for number in range(5):
        guess(1, host=f"192.0.2.{number}")

    assert wait_s(host="192.0.2.99") == 5


def test_guesses_at_many_accounts_are_counted_for_the_address(zhou: str) -> None:
    for number in range(60):
        guess(1, handle=f"student-{number}")

    assert wait_s() == 5
    assert check_sign_in(zhou, PASSWORD, "198.51.100.1") is not None


def test_an_ipv6_household_counts_as_one_address(zhou: str) -> None:
    for number in range(60):
        guess(1, handle=f"student-{number}", host=f"2001:db8:1:2::{number:x}")

    assert wait_s(host="2001:db8:1:2:ffff::1") == 5
    assert check_sign_in(zhou, PASSWORD, "2001:db8:1:3::1") is not None


def test_ipv4_seen_through_an_ipv6_socket_is_the_same_address(data_dir: object) -> None:
    assert throttle.address("::ffff:192.0.2.7") == throttle.address("192.0.2.7")
    assert throttle.address("::ffff:192.0.2.7") != throttle.address("::ffff:192.0.2.8")


def test_signing_in_leaves_no_failure_behind(zhou: str) -> None:
    for _ in range(8):
        assert check_sign_in(zhou, PASSWORD, HOME) is not None


def test_an_unknown_handle_waits_like_a_known_one(zhou: str) -> None:
    guess(5)
    guess(5, handle="nobody", host="198.51.100.1")

    assert wait_s() == wait_s(handle="nobody", host="198.51.100.1")


def test_twenty_guesses_at_once_count_as_twenty(either_database: str) -> None:
    with session_scope() as session:
        sign_up(session, NewUser("zhou-yi", "Zhou Yi", PASSWORD))

    def is_looked_at(_: int) -> bool:
        try:
            check_sign_in("zhou-yi", WRONG, HOME)
        except TooMany:
            return False
        return True

    with ThreadPoolExecutor(20) as threads:
        looked_at = list(threads.map(is_looked_at, range(20)))

    assert sum(looked_at) == 5


def fail(visitor: Visitor, times: int) -> None:
    for _ in range(times):
        visitor.post("/sign-in", {"handle": "zhou-yi", "password": WRONG})


def test_the_page_says_when_to_come_back(zhou: str, visitor: Visitor) -> None:
    fail(visitor, 5)

    answer = visitor.post("/sign-in", {"handle": "zhou-yi", "password": PASSWORD})

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")
    assert "Try again in 5 seconds" in error_beside(answer, "password")


def test_a_browser_that_was_here_before_does_not_wait_for_a_strangers_guesses(member: Visitor, visit: Visit) -> None:
    member.post("/sign-out")
    fail(visit(), 6)

    assert visit().post("/sign-in", {"handle": "zhou-yi", "password": PASSWORD}).status_code == 429
    assert member.post("/sign-in", {"handle": "zhou-yi", "password": PASSWORD}).status_code == 303


def test_such_a_browser_may_not_guess_without_end(member: Visitor) -> None:
    member.post("/sign-out")
    fail(member, 5)

    assert member.post("/sign-in", {"handle": "zhou-yi", "password": PASSWORD}).status_code == 429


def test_a_made_up_mark_of_a_browser_helps_nobody(zhou: str, visitor: Visitor) -> None:
    fail(visitor, 5)
    visitor.cookies.set("known", "WyJ4IixbInpob3UteWkiXV0.forged.signature")

    assert visitor.post("/sign-in", {"handle": "zhou-yi", "password": PASSWORD}).status_code == 429


def test_a_borrowed_session_is_no_way_to_guess_the_password(member: Visitor) -> None:
    for _ in range(5):
        member.post("/me/password", {"old_password": WRONG, "password": "another long password"})

    answer = member.post("/me/password", {"old_password": PASSWORD, "password": "another long password"})

    assert answer.status_code == 429


def test_the_api_says_it_in_a_header_and_a_sentence(api: Api, session: Session) -> None:
    make_member(session)
    session.commit()
    for _ in range(5):
        api.client.post("/api/v1/tokens", json={"name": "x"}, auth=("zhou-yi", WRONG))

    answer = api.client.post("/api/v1/tokens", json={"name": "x"}, auth=("zhou-yi", PASSWORD))

    assert (answer.status_code, answer.json()["code"]) == (429, "too_many")
    assert answer.headers["retry-after"] == "5"
    assert "Try again in 5 seconds" in answer.json()["detail"]
