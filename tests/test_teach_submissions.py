"""The teacher's list of submissions, and what is done with one, some or all of them."""

import html
import re
from typing import Any

import httpx
import pytest
from sqlmodel import select

from app.core.board import find_board
from app.core.database import session_scope
from app.core.jobs import get_jobs
from app.core.runs import State, latest_run, standing
from app.core.submissions import find
from app.core.tables import Audit, Classroom, Run, Submission, User
from tests.board_factories import (
    end_reevaluation,
    make_failure,
    make_result,
    make_submission,
    make_user,
    set_engine_status,
)
from tests.factories import make_member
from tests.visitors import Visitor, text_of, visit

__all__ = ["visit"]
pytest_plugins = ["tests.api_fixtures"]
ACT = "/teach/submissions/act"
# What the list shows for an address.
FOUND = {
    "": [4, 3, 2, 1],
    "?state=queued": [1],
    "?state=running": [],
    "?state=finished": [4, 2],
    "?state=failed": [3],
    "?state=hidden": [],
    "?state=nonsense": [4, 3, 2, 1],
    "?student=ma": [4, 3],
    "?student=@Zhou": [2, 1],
    "?text=DROPOUT": [2],
    "?text=50%25_": [2],
    "?text=%25": [2],
    "?text=%233": [3],
    "?text=ma": [4, 3],
    "?state=finished&student=ma&text=oth": [4],
}


@pytest.fixture
def teacher(visit: Any) -> Visitor:
    """Ms Li, signed in; of Zhou #1 waits and #2 has a result, of Ma #3 has failed and #4 has a result."""
    with session_scope() as session:
        make_member(session, "ms-li", "Ms Li", "teacher")
        zhou, ma = make_user(session, "zhou"), make_user(session, "ma")
        make_submission(session, zhou, title="waits")
        measured = make_submission(session, zhou, title="measured 50%_", notes="with dropout")
        failed, other = make_submission(session, ma, title="failed"), make_submission(session, ma, title="other")
        for submission, wrong in ((measured, 20), (other, 30)):
            set_engine_status(session, make_result(session, submission, wrong).id, "SUCCESS")
        set_engine_status(session, make_failure(session, failed).id, "SUCCESS")
    visitor: Visitor = visit()
    return visitor.sign_in("ms-li")


def listed(page: httpx.Response) -> list[int]:
    """The numbers that the page's boxes stand for."""
    return [int(number) for number in re.findall(r'type="checkbox" name="number" value="(\d+)"', page.text)]


def hidden_value(page: httpx.Response, name: str) -> str:
    found = re.search(rf'type="hidden" name="{name}" value="([^"]*)"', page.text)
    assert found
    return html.unescape(found.group(1))


def confirm(teacher: Visitor, action: str, **sent: Any) -> httpx.Response:
    """Choose an action that is asked about first, and say yes."""
    asked = teacher.post(ACT, {"action": action} | sent)
    assert asked.status_code == 200
    more = {name: hidden_value(asked, name) for name in ("number", "confirmed", "state", "text", "student")}
    return teacher.post(ACT, {"action": action} | more)


def follow(teacher: Visitor, answer: httpx.Response) -> httpx.Response:
    assert answer.status_code == 303
    return teacher.get(answer.headers["location"])


def undo(teacher: Visitor, page: httpx.Response) -> httpx.Response:
    """Press the button in the strip."""
    found = re.search(r'action="(/teach/undo/\d+)"', page.text)
    assert found
    return follow(teacher, teacher.post(found.group(1)))


def hidden() -> list[int | None]:
    with session_scope() as session:
        return [each.number for each in session.exec(select(Submission)) if each.hidden]


def withdrawn() -> list[int | None]:
    with session_scope() as session:
        return [each.number for each in session.exec(select(Submission)) if each.withdrawn]


def again() -> list[tuple[str, State]]:
    """The runs that evaluate something again."""
    with session_scope() as session:
        runs = session.exec(select(Run).where(Run.reevaluated_by != None)).all()  # noqa: E711
        return [(run.submission_id, standing(session, get_jobs(), run).state) for run in runs]


def test_the_list_is_filtered(teacher: Visitor) -> None:
    assert {query: listed(teacher.get(f"/teach/submissions{query}")) for query in FOUND} == FOUND


def test_the_api_filters_the_same_way_and_in_parts(api: Any) -> None:
    with session_scope() as session:
        owner = session.exec(select(User).where(User.handle == "owner")).one()
        for title in ("a", "b", "c"):
            make_result(session, make_submission(session, owner, title=title))
    first = api.client.get("/api/v1/teach/submissions?state=finished&limit=2", headers=api.teacher).json()
    second = api.client.get(first["next"], headers=api.teacher).json()

    assert [row["number"] for row in first["rows"] + second["rows"]] == [3, 2, 1]
    assert (first["rows"][0]["state"], first["rows"][0]["accuracy"], second["next"]) == ("done", 0.98, None)


def test_a_failure_shows_its_outcome(teacher: Visitor) -> None:
    assert "#3 failed Ma · just now failed Diverged" in text_of(teacher.get("/teach/submissions?state=failed"))


def test_several_are_hidden_at_once_and_the_strip_undoes_it(teacher: Visitor) -> None:
    page = follow(teacher, teacher.post(ACT, {"action": "hide", "number": ["2", "4"]}))
    assert "2 submissions are hidden now." in text_of(page)
    assert hidden() == [2, 4]

    assert "2 submissions are shown again." in text_of(undo(teacher, page))
    assert hidden() == []


def test_undo_touches_only_what_was_changed(teacher: Visitor) -> None:
    teacher.post(ACT, {"action": "hide", "number": "2"})
    page = follow(teacher, teacher.post(ACT, {"action": "hide", "number": ["2", "4"]}))
    assert "1 submission is hidden now. 1 was left out" in text_of(page)
    undo(teacher, page)

    assert hidden() == [2]


def test_withdrawing_asks_first_cancels_what_waits_and_can_be_undone(teacher: Visitor) -> None:
    asked = teacher.post(ACT, {"action": "withdraw", "number": ["1", "2"]})
    assert "2 submissions leave the board" in text_of(asked)
    assert withdrawn() == []
    page = follow(teacher, confirm(teacher, "withdraw", number=["1", "2"]))

    assert (withdrawn(), get_jobs().active()) == ([1, 2], ([], []))
    undo(teacher, page)
    assert withdrawn() == []


def test_all_that_match_are_taken_whichever_page_they_are_on(teacher: Visitor) -> None:
    confirm(teacher, "withdraw", student="ma", all="1")

    assert withdrawn() == [3, 4]


def test_the_filter_is_kept_after_an_action(teacher: Visitor) -> None:
    page = follow(teacher, teacher.post(ACT, {"action": "hide", "number": "4", "student": "ma"}))

    assert listed(page) == [4, 3]


def test_nothing_chosen_is_said(teacher: Visitor) -> None:
    answer = teacher.post(ACT, {"action": "hide"})

    assert answer.status_code == 409
    assert "Nothing was chosen" in text_of(answer)


def test_what_failed_is_run_again_at_nobodys_cost_and_what_has_a_result_is_not(teacher: Visitor) -> None:
    page = follow(teacher, confirm(teacher, "retry", number=["2", "3"]))
    assert "1 submission is queued again. 1 was left out" in text_of(page)
    with session_scope() as session:
        run = latest_run(session, find(session, 3))
        assert (run.attempt, run.reevaluated_by) == (2, None)

    undo(teacher, page)
    with session_scope() as session:
        assert standing(session, get_jobs(), latest_run(session, find(session, 3))).state is State.CANCELLED


def test_all_results_are_evaluated_again_and_that_can_be_stopped(teacher: Visitor) -> None:
    page = follow(teacher, confirm(teacher, "reevaluate", state="finished", all="1"))
    assert "2 submissions are being evaluated again" in text_of(page)
    assert [state for _, state in again()] == [State.QUEUED, State.QUEUED]
    assert listed(teacher.get("/teach/submissions?state=again")) == [4, 2]

    assert "The new runs of 2 submissions are cancelled." in text_of(undo(teacher, page))
    assert [state for _, state in again()] == [State.CANCELLED, State.CANCELLED]


def test_an_audit_row_names_the_submissions_and_the_runs(teacher: Visitor) -> None:
    confirm(teacher, "reevaluate", number=["2", "4"])

    with session_scope() as session:
        row = session.exec(select(Audit)).one()
        assert (row.action, row.subject) == ("submission.reevaluate", "submissions 2, 4")
        assert (row.detail["numbers"], len(row.detail["runs"])) == ([2, 4], 2)


def test_the_submissions_page_tells_how_the_new_evaluation_goes(teacher: Visitor, visit: Any) -> None:
    confirm(teacher, "reevaluate", number="2")
    assert "This is being evaluated again." in text_of(visit().get("/s/2"))
    with session_scope() as session:
        end_reevaluation(session, session.exec(select(Run).where(Run.reevaluated_by != None)).one(), 15)  # noqa: E711

    assert "Evaluated again: 98.00 % → 98.50 % (20 → 15 wrong)." in text_of(visit().get("/s/2"))
    assert "98.50" in visit().get("/s/2/badge.svg").text
    assert "0.985" in visit().get("/leaderboard.csv").text


def test_until_then_the_old_score_stands_everywhere_and_if_it_fails_the_page_says_why(
    teacher: Visitor, visit: Any
) -> None:
    confirm(teacher, "reevaluate", number="2")
    with session_scope() as session:
        run = session.exec(select(Run).where(Run.reevaluated_by != None)).one()  # noqa: E711
        run.outcome, run.message = "diverged", {"text": "The loss became NaN in epoch 2.", "values": {}}
        run.detail = "Traceback: secret"
        session.add(run)
        set_engine_status(session, run.id, "SUCCESS")
    close, stranger = teacher.get("/s/2"), visit().get("/s/2")

    assert "the one below stands. The loss became NaN in epoch 2." in text_of(close)
    assert "Traceback: secret" in close.text
    assert "the one below stands. The training loss stopped being a number." in text_of(stranger)
    assert "secret" not in stranger.text
    assert "98.00" in visit().get("/s/2/badge.svg").text
    with session_scope() as session:
        assert [entry.number for entry in find_board(session, "mnist").entries] == [2, 4]


def test_the_api_does_it_with_many_and_undoes_it(api: Any) -> None:
    with session_scope() as session:
        owner = session.exec(select(User).where(User.handle == "owner")).one()
        for _ in range(2):
            set_engine_status(session, make_result(session, make_submission(session, owner)).id, "SUCCESS")
    sent = {"action": "reevaluate", "numbers": [1, 2, 99]}
    done = api.client.post("/api/v1/teach/submissions/actions", json=sent, headers=api.teacher).json()
    shown = api.client.get("/api/v1/submissions/1").json()
    undone = api.client.post(done["undo_url"], headers=api.teacher).json()

    assert (done["changed"], done["left_out"][0]["number"]) == ([1, 2], 99)
    assert (shown["reevaluation"]["state"], shown["reevaluation"]["before"]["wrong"]) == ("queued", 20)
    assert shown["result"]["accuracy"] == 0.98
    assert (undone["action"], undone["changed"], undone["undo_url"]) == ("stop", [1, 2], None)


def test_the_api_takes_all_that_match(api: Any) -> None:
    with session_scope() as session:
        for handle in ("owner", "other"):
            user = session.exec(select(User).where(User.handle == handle)).one()
            make_result(session, make_submission(session, user))
    sent = {"action": "hide", "all": True, "student": "other"}
    done = api.client.post("/api/v1/teach/submissions/actions", json=sent, headers=api.teacher).json()

    assert (done["changed"], hidden()) == ([2], [2])


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"action": "burn", "numbers": [1]}, "action"),
        ({"action": "hide"}, "numbers"),
        ({"action": "hide", "numbers": []}, "numbers"),
        ({"action": "hide", "numbers": [1.5]}, "numbers"),
        ({"action": "hide", "numbers": [True]}, "numbers"),
        ({"action": "hide", "all": True, "state": "odd"}, "state"),
        ({"action": "hide", "all": True, "text": 7}, "text"),
        ({"action": "hide", "all": True, "student": "x" * 201}, "student"),
    ],
)
def test_what_the_api_cannot_use_is_named(api: Any, sent: dict[str, Any], field: str) -> None:
    answer = api.client.post("/api/v1/teach/submissions/actions", json=sent, headers=api.teacher)

    assert answer.status_code == 422
    assert field in answer.json()["fields"]


def test_evaluating_one_again_that_has_no_result_is_a_conflict(api: Any) -> None:
    with session_scope() as session:
        make_submission(session, session.exec(select(User).where(User.handle == "owner")).one())
    answer = api.client.post("/api/v1/teach/submissions/1/reevaluate", headers=api.teacher)

    assert answer.status_code == 409
    assert "has no result" in answer.json()["detail"]


@pytest.mark.parametrize("number", ["0", "99", "2147483648"])
def test_only_what_can_be_undone_is_undone(teacher: Visitor, number: str) -> None:
    teacher.post("/teach/queue/pause")

    assert teacher.post(f"/teach/undo/{number}").status_code == 404
    assert teacher.post("/teach/undo/1").status_code == 404


def test_late_ones_are_marked(teacher: Visitor) -> None:
    with session_scope() as session:
        classroom = session.exec(select(Classroom)).one()
        classroom.closes = find(session, 4).created
        session.add(classroom)

    assert text_of(teacher.get("/teach/submissions")).count("Outside class time") == 1
