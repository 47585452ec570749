"""The teacher's table of people: who is there, how they do, and what is done with them."""

import csv
import io
import re
from typing import Any

import pytest
from sqlmodel import Session, select

from app.core.database import session_scope
from app.core.roster import members
from app.core.tables import Audit, Bonus, Submission, User
from tests.board_factories import make_failure, make_result, make_submission, make_user
from tests.factories import make_member
from tests.visitors import Visitor, error_beside, text_of, visit

__all__ = ["visit"]
pytest_plugins = ["tests.api_fixtures"]


@pytest.fixture
def teacher(visit: Any) -> Visitor:
    """Ms Li, signed in; Zhou with a result and a failure, and Ma with nothing."""
    with session_scope() as session:
        make_member(session, "ms-li", "Ms Li", "teacher")
        zhou = make_user(session, "zhou")
        make_user(session, "ma")
        make_result(session, make_submission(session, zhou, title="measured"), 20)
        make_failure(session, make_submission(session, zhou, title="unlucky"))
    visitor: Visitor = visit()
    return visitor.sign_in("ms-li")


def user_of(handle: str) -> User | None:
    with session_scope() as session:
        return session.exec(select(User).where(User.handle == handle)).first()


def audit() -> list[tuple[str, str]]:
    with session_scope() as session:
        return [(row.action, row.subject) for row in session.exec(select(Audit).order_by(Audit.id))]  # type: ignore[arg-type]


def row_of(page: str, handle: str) -> str:
    rows: list[str] = re.findall(r"<tr>.*?</tr>", page, re.DOTALL)
    found = next(row for row in rows if f">{handle}<" in row)
    return " ".join(re.sub(r"<[^>]+>", " ", found).split())


def test_each_has_a_line_with_what_they_did(teacher: Visitor) -> None:
    page = teacher.get("/teach/students").text

    assert re.search(r"^Zhou zhou Student .* – 98\.00 98\.00 2 1 18 Change", row_of(page, "zhou"))
    assert re.search(r"^Ma ma Student .* – – – 0 0 20 Change", row_of(page, "ma"))
    assert re.search(r"^Ms Li ms-li Teacher .* – – 0 0 – Change", row_of(page, "ms-li"))


@pytest.mark.parametrize(
    ("sort", "first"), [("name", "ma"), ("-name", "zhou"), ("best", "zhou"), ("-submissions", "zhou"), ("left", "zhou")]
)
def test_the_table_is_ordered_and_who_has_no_value_comes_last(
    session: Session, teacher: Visitor, sort: str, first: str
) -> None:
    found = [each.user.handle for each in members(session, "mnist", sort=sort) if each.user.role == "student"]

    assert found[0] == first
    assert teacher.get(f"/teach/students?sort={sort}").text.count("aria-sort") == 1


def test_an_unknown_order_is_that_of_names(teacher: Visitor) -> None:
    assert teacher.get("/teach/students?sort=nonsense").status_code == 200


def test_a_search_finds_names_and_handles(teacher: Visitor) -> None:
    assert "Zhou" in text_of(teacher.get("/teach/students?q=ZHO"))
    assert "Nobody has such a name" in text_of(teacher.get("/teach/students?q=nobody"))


def test_a_student_becomes_a_teacher_and_a_student_again(teacher: Visitor) -> None:
    for role in ("teacher", "student"):
        teacher.post("/teach/students/ma/role", {"role": role})
        found = user_of("ma")
        assert found is not None
        assert found.role == role

    assert audit() == [("user.role", "user ma")] * 2


def test_the_last_teacher_stays_one(teacher: Visitor) -> None:
    with session_scope() as session:
        seeded = session.exec(select(User).where(User.handle == "teacher")).one()
        seeded.role = "student"
        session.add(seeded)
    answer = teacher.post("/teach/students/ms-li/role", {"role": "student"})

    assert answer.status_code == 409
    assert "is the only teacher" in text_of(answer)


def test_removing_asks_first_and_leaves_what_was_submitted(teacher: Visitor) -> None:
    assert "This cannot be undone" in text_of(teacher.get("/teach/students/zhou/remove"))
    assert user_of("zhou") is not None
    teacher.post("/teach/students/zhou/remove")

    assert user_of("zhou") is None
    assert "former student" in text_of(teacher.get("/s/1"))
    assert audit() == [("user.remove", f"user {_author_of(1)}")]


def _author_of(number: int) -> int:
    with session_scope() as session:
        return session.get_one(Submission, number).user_id


def test_teachers_do_not_remove_themselves_here(teacher: Visitor) -> None:
    answer = teacher.post("/teach/students/ms-li/remove")

    assert answer.status_code == 409
    assert "This is your own account" in text_of(answer)


def test_runs_on_top_are_for_today_and_in_the_ledger(teacher: Visitor, api: Any) -> None:
    teacher.post("/teach/students/owner/runs", {"runs": "5"})
    quota = api.client.get("/api/v1/me/quota", headers=api.owner).json()

    assert (quota["quota"], quota["bonus"], quota["left"]) == (25, 5, 25)
    assert ("user.bonus", "user owner") in audit()
    with session_scope() as session:
        given = session.exec(select(Bonus)).one()
        given.created = given.created.replace(year=2020)
        session.add(given)
    assert api.client.get("/api/v1/me/quota", headers=api.owner).json()["left"] == 20


@pytest.mark.parametrize("runs", ["0", "101", "", "five", "-1"])
def test_a_wrong_number_of_runs_has_its_sentence(teacher: Visitor, runs: str) -> None:
    answer = teacher.post("/teach/students/ma/runs", {"runs": runs})

    assert answer.status_code == 422
    assert "from 1 to 100" in error_beside(answer, "runs")


def test_the_ledger_page_tells_of_runs_on_top(visit: Any) -> None:
    with session_scope() as session:
        user = make_member(session)
        session.add(Bonus(user_id=user.stored_id, runs=3))
    page = text_of(visit().sign_in().get("/me/runs"))

    assert "3 of them were given to you for today." in page
    assert "Given on top" in page


def test_the_api_lists_gives_and_removes(api: Any) -> None:
    listed = api.client.get("/api/v1/teach/students?sort=handle&limit=2", headers=api.teacher).json()
    rest = api.client.get(listed["next"], headers=api.teacher).json()
    given = api.client.post("/api/v1/teach/students/other/runs", json={"runs": 2}, headers=api.teacher)
    role = api.client.put("/api/v1/teach/students/other/role", json={"role": "teacher"}, headers=api.teacher)
    gone = api.client.delete("/api/v1/teach/students/owner", headers=api.teacher)

    handles = [each["handle"] for each in (*listed["students"], *rest["students"])]
    assert handles == sorted(handles)
    assert {"owner", "other", "another-teacher"} <= set(handles)
    assert (given.status_code, given.json()) == (201, {"quota": 22, "bonus": 2, "left": 22})
    assert (role.status_code, role.json()) == (200, {"role": "teacher"})
    assert gone.status_code == 204
    assert api.client.get("/api/v1/me", headers=api.owner).status_code == 401


@pytest.mark.parametrize("body", [{"runs": 0}, {"runs": "5"}, {"runs": True}, {"runs": 1.5}, {}, {"runs": 1, "x": 2}])
def test_the_api_refuses_other_numbers_of_runs(api: Any, body: dict[str, Any]) -> None:
    answer = api.client.post("/api/v1/teach/students/other/runs", json=body, headers=api.teacher)

    assert answer.status_code == 422


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "＝", "＋", "－", "＠", " ="])
def test_no_cell_of_the_grade_sheet_is_a_formula(teacher: Visitor, start: str) -> None:
    with session_scope() as session:
        eve = make_user(session, "eve")
        eve.name = f'{start}HYPERLINK("http://evil")'
        session.add(eve)
    text = teacher.get("/teach/grades.csv").content.decode().removeprefix("\ufeff")
    names = [row["name"] for row in csv.DictReader(io.StringIO(text, newline=""))]

    assert [name for name in names if "HYPERLINK" in name] == [f"'{eve.name}"]


def test_numbers_of_the_grade_sheet_are_numbers(teacher: Visitor) -> None:
    rows = list(csv.DictReader(io.StringIO(teacher.get("/teach/grades.csv").content.decode().removeprefix("\ufeff"))))
    zhou = next(row for row in rows if row["handle"] == "zhou")

    assert [float(zhou[name]) for name in ("best_accuracy", "wrong", "submissions", "notes_length")] == [0.98, 20, 2, 0]
    assert float(zhou["accuracy_low"]) < 0.98 < float(zhou["accuracy_high"])
