"""Submissions as a list: who sees which, and the filters."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from app.core import submission_lists
from app.core.database import session_scope
from app.core.jobs import get_jobs
from app.core.submissions import find, withdraw
from app.core.tables import Classroom, Run, User, now
from tests.api import SUBMISSIONS, Api
from tests.board_factories import make_failure, make_repetition, make_result, make_submission, make_user

pytest_plugins = ["tests.api_fixtures", "tests.postgres"]


@pytest.fixture
def ground(api: Api) -> Api:
    """Of the owner: 1 done, 2 failed, 3 queued, 4 withdrawn, 5 hidden; 6 of another, with weights of their own."""
    with session_scope() as session:
        owner, other = (session.exec(select(User).where(User.handle == name)).one() for name in ("owner", "other"))
        made = [make_submission(session, owner, title=str(number)) for number in range(1, 6)]
        made.append(make_submission(session, other, title="6", recipe={"epochs": 2}))
        for submission in (made[0], made[3], made[4], made[5]):
            make_result(session, submission)
        make_failure(session, made[1])
        made[3].withdrawn, made[4].hidden = now(), now()
        made[5].kind, made[5].model, made[5].model_file_name = "evaluate", None, "net.py"
    return api


def listed(api: Api, query: str = "", who: str = "") -> list[int]:
    """The numbers of all parts."""
    headers, path, found = getattr(api, who) if who else {}, f"{SUBMISSIONS}{query}", []
    while path:
        answer = api.client.get(path, headers=headers)
        assert answer.status_code == 200, answer.text
        found += [row["number"] for row in answer.json()["rows"]]
        path = answer.json()["next"]
    return found


@pytest.mark.parametrize(
    ("who", "numbers"),
    [("", [6, 3, 1]), ("other", [6, 3, 1]), ("owner", [6, 5, 4, 3, 2, 1]), ("teacher", [6, 3, 2, 1])],
)
def test_everybody_sees_what_is_theirs_to_see(ground: Api, who: str, numbers: list[int]) -> None:
    assert listed(ground, who=who) == numbers


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("?author=other", [6]),
        ("?author=@Other", [6]),
        ("?author=me", [5, 4, 3, 2, 1]),
        ("?author=nobody", []),
        ("?state=done", [6, 5, 4, 1]),
        ("?state=queued", [3]),
        ("?state=failed", [2]),
        ("?state=training", []),
        ("?outcome=diverged", [2]),
        ("?outcome=ok&author=me", [5, 4, 1]),
        ("?outcome=crashed", []),
        ("?model=yannet", [5, 4, 3, 2, 1]),
        ("?model=uploaded", [6]),
        ("?tier=evaluated", [6]),
        ("?tier=retrained&state=queued", [3]),
        ("?since=2020-01-01&author=other", [6]),
        ("?since=2999-01-01", []),
    ],
)
def test_filters_leave_what_fits(ground: Api, query: str, numbers: list[int]) -> None:
    assert listed(ground, query, "owner") == numbers


def test_both_databases_find_the_same(either_database: str, api: Api) -> None:
    with session_scope() as session:
        owner = session.exec(select(User).where(User.handle == "owner")).one()
        done, failed, queued = (make_submission(session, owner, title=title) for title in "abc")
        make_result(session, done)
        make_failure(session, failed)

    found = [listed(api, query, "owner") for query in ("?limit=1", "?state=done", "?state=failed", "?outcome=crashed")]
    positions = api.client.get("/api/v1/me/quota?limit=2&fields=submission", headers=api.owner).json()

    numbers = [submission.number for submission in (queued, failed, done)]
    assert found == [numbers, [done.number], [failed.number], []]
    assert [row["submission"] for row in positions["runs"]] == numbers[:2]
    assert api.client.get(positions["next"], headers=api.owner).json()["runs"] == [{"submission": done.number}]


@pytest.mark.parametrize(
    "query",
    ["?state=odd", "?outcome=odd", "?model=odd", "?tier=claimed", "?since=yesterday", "?since=0", "?since=1700006400"],
)
def test_a_filter_that_means_nothing_is_refused_by_name(ground: Api, query: str) -> None:
    answer = ground.client.get(f"{SUBMISSIONS}{query}")

    assert (answer.status_code, set(answer.json()["fields"])) == (422, {query[1:].partition("=")[0]})


def test_a_wrong_day_is_answered_with_how_to_write_one(ground: Api) -> None:
    answer = ground.client.get(f"{SUBMISSIONS}?since=0")

    assert answer.json()["fields"]["since"] == "“0” is no date. Write it as 2026-11-23."


def test_parts_hold_what_the_whole_holds(ground: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submission_lists, "HEAP_ROWS", 2)

    assert listed(ground, "?limit=1", "owner") == [6, 5, 4, 3, 2, 1]
    assert listed(ground, "?limit=1") == [6, 3, 1]


def test_a_row_says_what_was_measured(ground: Api) -> None:
    done, queued = _rows(ground, 1, 3)

    assert (done["state"], done["outcome"], done["tier"], done["url"]) == (
        "done",
        "ok",
        "retrained",
        f"{SUBMISSIONS}/1",
    )
    assert (done["result"]["accuracy"], done["result"]["rank"], done["author"]["handle"]) == (0.98, 1, "owner")
    assert (queued["state"], queued["outcome"], queued["result"]) == ("queued", None, None)


def _rows(api: Api, *numbers: int) -> list[Any]:
    rows = {row["number"]: row for row in api.client.get(SUBMISSIONS).json()["rows"]}
    return [rows[number] for number in numbers]


def test_a_cancelled_run_is_known_to_the_engine_alone(api: Api) -> None:
    api.submit()
    with session_scope() as session:
        withdraw(session, get_jobs(), find(session, 1))

    assert listed(api, "?state=cancelled", "owner") == [1]
    assert listed(api, "?outcome=cancelled", "owner") == [1]
    assert listed(api, "?state=queued", "owner") == []


def test_the_latest_run_of_the_recipes_own_seed_counts(api: Api) -> None:
    with session_scope() as session:
        amy = make_user(session, "amy")
        submission = make_submission(session, amy)
        own = make_result(session, submission, wrong=20)
        make_repetition(session, submission, own, seed=1, wrong=30)

    [row] = api.client.get(SUBMISSIONS).json()["rows"]

    assert (row["result"]["accuracy"], row["result"]["score"]) == (0.98, 0.975)


def test_while_it_is_evaluated_again_the_old_result_stands(api: Api) -> None:
    with session_scope() as session:
        submission = make_submission(session, make_user(session, "amy"))
        make_result(session, submission, wrong=20)
        teacher = session.exec(select(User).where(User.role == "teacher")).first()
        assert teacher is not None
        session.add(Run(submission_id=submission.id, attempt=2, reevaluated_by=teacher.stored_id))

    [row] = api.client.get(SUBMISSIONS).json()["rows"]

    assert (row["state"], row["result"]["accuracy"]) == ("done", 0.98)


def test_pseudonyms_stand_in_the_list_and_real_handles_find_nothing(ground: Api) -> None:
    with session_scope() as session:
        classroom = session.exec(select(Classroom)).one()
        classroom.names, classroom.closes = "pseudonyms", now() + timedelta(days=1)

    rows = ground.client.get(SUBMISSIONS, headers=ground.other).json()["rows"]
    shown = next(row["author"]["handle"] for row in rows if row["number"] == 1)

    assert shown.startswith("~")
    assert listed(ground, "?author=owner", "other") == []
    assert listed(ground, f"?author={shown}", "other") == [3, 1]
    assert [user["handle"] for user in members(ground)].count("owner") == 0


def members(api: Api) -> list[Any]:
    return list(api.client.get("/api/v1/users", headers=api.other).json()["users"])
