"""What a teacher finds and does among all submissions, on both databases."""

import pytest
from sqlmodel import select

from app.core.database import session_scope
from app.core.jobs import get_jobs
from app.core.moderation import ACTIONS, Done, act_on, find_all, undo
from app.core.moderation_list import STATES, Filter, count_lines, find_lines, matching_numbers
from app.core.tables import Submission, User, now
from tests.board_factories import make_failure, make_result, make_submission, make_user, set_engine_status

pytest_plugins = ["tests.postgres"]


@pytest.fixture
def ground(either_database: str) -> None:
    """#1 waits, #2 is taken, #3 and #6 (hidden) and #7 (withdrawn) have results, #4 has failed, #5 was given up."""
    with session_scope() as session:
        make_user(session, "ms-li", "teacher")
        student = make_user(session, "zhou")
        made = [make_submission(session, student, title=f"title {number}") for number in range(1, 8)]
        runs = [make_result(session, made[number - 1]) for number in (3, 6, 7)] + [make_failure(session, made[3])]
        for run in runs:
            set_engine_status(session, run.id, "SUCCESS")
        made[5].hidden = made[6].withdrawn = now()
        session.add_all(made)
    with session_scope() as session:
        _, queued = get_jobs().active()
        set_engine_status(session, queued[2], "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
        set_engine_status(session, queued[1], "PENDING")


def numbers(**wanted: str) -> list[int | None]:
    with session_scope() as session:
        lines = find_lines(session, get_jobs(), Filter(**wanted), 50)
        assert count_lines(session, get_jobs(), Filter(**wanted)) == len(lines)
        assert matching_numbers(session, get_jobs(), Filter(**wanted)) == sorted(
            line.submission.number or 0 for line in lines
        )
        return [line.submission.number for line in lines]


def do(action: str, *chosen: int) -> Done:
    with session_scope() as session:
        teacher = session.exec(select(User).where(User.handle == "ms-li")).one()
        return act_on(session, get_jobs(), teacher, find_all(session, chosen)[0], action)


def take_back(done: Done) -> Done:
    with session_scope() as session:
        teacher = session.exec(select(User).where(User.handle == "ms-li")).one()
        return undo(session, get_jobs(), teacher, done.audit_id or 0)


def marks() -> list[tuple[bool, bool]]:
    """Of each submission whether it is hidden, and whether it is withdrawn."""
    with session_scope() as session:
        rows = session.exec(select(Submission).order_by("number"))
        return [(row.hidden is not None, row.withdrawn is not None) for row in rows]


def test_every_state_finds_its_submissions(ground: None) -> None:
    found = {state: numbers(state=state) for state in STATES}

    # A worker has taken #2 and has not begun it.
    assert found == {
        "queued": [2, 1],
        "running": [],
        "finished": [7, 6, 3],
        "failed": [5, 4],
        "again": [],
        "hidden": [6],
        "withdrawn": [7],
    }


@pytest.mark.parametrize("action", ["hide", "show", "restore", "withdraw"])
def test_what_was_done_is_undone(ground: None, action: str) -> None:
    before = marks()
    done = do(action, 3, 6, 7)
    assert marks() != before
    take_back(done)

    assert marks() == before


@pytest.mark.parametrize("action", ACTIONS)
def test_doing_it_again_changes_nothing(ground: None, action: str) -> None:
    assert do(action, 3, 4, 6, 7).changed
    again = do(action, 3, 4, 6, 7)

    assert (again.changed, again.audit_id, set(again.left_out)) == ([], None, {3, 4, 6, 7})


def test_withdrawing_many_cancels_what_waits_and_what_is_evaluated_again(ground: None) -> None:
    do("reevaluate", 3)
    assert numbers(state="again") == [3]
    do("withdraw", 1, 2, 3)

    assert get_jobs().active() == ([], [])
    assert numbers(state="withdrawn") == [7, 3, 2, 1]


def test_a_percent_sign_in_the_search_is_no_wildcard(ground: None) -> None:
    assert (numbers(text="title"), numbers(text="%"), numbers(text="tit_e")) == ([7, 6, 5, 4, 3, 2, 1], [], [])
