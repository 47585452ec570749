"""A profile: everybody sees what succeeded, its owner and the teacher see the rest too."""

import pytest
from sqlmodel import Session

from app.core.accounts import find_user
from app.core.database import session_scope
from app.core.jobs import get_jobs
from app.core.submissions import withdraw
from tests.api import Api
from tests.board_factories import make_failure, make_result, make_submission, make_user
from tests.factories import make_member
from tests.visitors import Visit, Visitor, member, text_of, visit, visitor

__all__ = ["member", "visit", "visitor"]
pytest_plugins = ["tests.api_fixtures"]


@pytest.fixture
def zhou(member: Visitor) -> Visitor:
    """Zhou Yi, with two results, a failure and a withdrawn result; and a classmate with a better one."""
    with session_scope() as session:
        user = find_user(session, "zhou-yi")
        assert user is not None
        for title, wrong in (("early", 60), ("better", 30), ("regretted", 5)):
            made = make_submission(session, user, title=title, notes="what I learned" if title == "early" else "")
            make_result(session, made, wrong=wrong)
        withdraw(session, get_jobs(), made)
        make_failure(session, make_submission(session, user, title="unlucky"))
        make_result(session, make_submission(session, make_user(session, "rival"), title="rival"), wrong=10)
    return member


def profile(visitor: Visitor) -> str:
    return text_of(visitor.get("/u/zhou-yi"))


def test_it_shows_the_best_result_with_its_rank_among_classmates(zhou: Visitor, visitor: Visitor) -> None:
    text = profile(visitor)

    assert "97.00 % better Rank 2" in text
    assert "2 results · 1 with notes · 0 comments" in text


def test_it_draws_the_best_so_far(zhou: Visitor, visitor: Visitor) -> None:
    assert "Accuracy over time: 2 results, the best 97.00 %" in visitor.get("/u/zhou-yi").text


def test_failures_are_for_their_owner_and_the_teacher(zhou: Visitor, visit: Visit, session: Session) -> None:
    make_member(session, "ms-li", "Ms Li", "teacher")
    make_member(session, "another", "Another")
    session.commit()

    assert "unlucky" in profile(zhou)
    assert "unlucky" in profile(visit().sign_in("ms-li"))
    assert "unlucky" not in profile(visit().sign_in("another"))
    assert "unlucky" not in profile(visit())


def test_what_was_withdrawn_is_not_in_it(zhou: Visitor) -> None:
    assert "regretted" not in profile(zhou)


def test_who_has_nothing_yet_is_shown_all_the_same(member: Visitor) -> None:
    assert "No results yet. Submit a model" in profile(member)


@pytest.mark.parametrize("handle", ["nobody", "course", "-1", "a b", "%00"])
def test_there_is_no_profile_of_nobody(visitor: Visitor, handle: str) -> None:
    assert visitor.get(f"/u/{handle}").status_code == 404


def test_it_speaks_chinese(zhou: Visitor, visitor: Visitor) -> None:
    text = text_of(visitor.get("/u/zhou-yi", headers={"Accept-Language": "zh"}))

    assert "最好成绩" in text
    assert "第 2 名" in text


def test_the_api_tells_the_same(zhou: Visitor) -> None:
    told = zhou.client.get("/api/v1/users/zhou-yi").json()

    assert (told["name"], told["best"]["title"], told["best"]["rank"]) == ("Zhou Yi", "better", 2)
    assert [(each["title"], each["wrong"]) for each in told["results"]] == [("better", 30), ("early", 60)]
    assert (told["notes"], told["comments"], told["helpful"]) == (1, 0, 0)


def test_the_api_knows_nobody_of_that_handle(api: Api) -> None:
    answer = api.client.get("/api/v1/users/nobody")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
