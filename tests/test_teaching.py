"""The teacher's console: everything that is done there, through its pages and its API."""

import csv
import io
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from app.core import class_settings, moderation
from app.core.board import find_board
from app.core.database import session_scope
from app.core.jobs import EngineState, get_jobs
from app.core.runs import latest_run
from app.core.tables import Audit, Classroom, Submission, User
from app.web import audit_words
from app.web.class_form import FIELDS
from tests.board_factories import make_result, make_submission, make_user
from tests.factories import make_member
from tests.test_pages_submit import form_values
from tests.visitors import Visitor, error_beside, text_of, visit

__all__ = ["visit"]
pytest_plugins = ["tests.api_fixtures"]


@pytest.fixture
def teacher(visit: Any) -> Visitor:
    """Ms Li, signed in, and a student with one waiting submission and one result."""
    with session_scope() as session:
        make_member(session, "ms-li", "Ms Li", "teacher")
        student = make_user(session, "zhou")
        make_submission(session, student, title="waiting")
        make_result(session, make_submission(session, student, title="measured", notes="four"), 20)
    visitor: Visitor = visit()
    return visitor.sign_in("ms-li")


def find(number: int) -> Submission:
    with session_scope() as session:
        return session.get_one(Submission, number)


def actions() -> list[str]:
    with session_scope() as session:
        return list(session.exec(select(Audit.action).order_by(Audit.id)))  # type: ignore[arg-type]


def board_numbers() -> list[int]:
    with session_scope() as session:
        return [entry.number for entry in find_board(session, "mnist").entries]


def test_the_console_shows_the_queue_and_pauses_it(teacher: Visitor) -> None:
    assert "#1 waiting" in text_of(teacher.get("/teach"))
    teacher.post("/teach/queue/pause")
    assert "The queue is paused" in text_of(teacher.get("/teach"))
    teacher.post("/teach/queue/resume")

    assert "The queue is paused" not in text_of(teacher.get("/teach"))
    assert actions() == ["queue.pause", "queue.resume"]


def test_a_run_is_cancelled_and_run_again_at_nobodys_cost(teacher: Visitor) -> None:
    with session_scope() as session:
        run_id = latest_run(session, session.get_one(Submission, 1)).id
    teacher.post(f"/teach/runs/{run_id}/cancel")
    assert get_jobs().states([run_id]) == {run_id: EngineState.CANCELLED}
    teacher.post("/teach/submissions/1/retry")

    with session_scope() as session:
        assert latest_run(session, session.get_one(Submission, 1)).attempt == 2
    assert actions() == ["run.cancel", "submission.retry"]


def test_hiding_takes_a_submission_off_the_board_and_can_be_undone(teacher: Visitor, visit: Any) -> None:
    teacher.post("/teach/submissions/2/hide")
    assert board_numbers() == []
    assert visit().get("/s/2").status_code == 404
    assert "Hidden" in text_of(teacher.get("/teach/submissions"))
    assert "Hidden by a teacher" in text_of(teacher.get("/s/2"))
    teacher.post("/teach/submissions/2/show")

    assert board_numbers() == [2]
    assert "Hidden by a teacher" not in text_of(visit().get("/s/2"))
    assert teacher.get("/api/v1/submissions/2").json()["hidden"] is None


def test_a_withdrawal_can_be_undone(teacher: Visitor) -> None:
    teacher.post("/teach/submissions/2/withdraw")
    assert board_numbers() == []
    teacher.post("/teach/submissions/2/restore")

    assert board_numbers() == [2]
    assert actions() == ["submission.withdraw", "submission.restore"]


def test_an_unknown_action_is_named(teacher: Visitor) -> None:
    response = teacher.post("/teach/submissions/2/burn")

    assert response.status_code == 404
    assert "“burn” cannot be done" in text_of(response)


def test_a_student_who_lost_their_password_gets_a_link_that_signs_in(teacher: Visitor, visit: Any) -> None:
    page = text_of(teacher.post("/teach/students/zhou/reset"))
    path = page.split("http://testserver", 1)[1].split()[0]

    assert visit().post(path).status_code == 303
    assert "user.reset" in actions()


def test_the_grade_sheet_has_a_line_per_student_and_no_formula(teacher: Visitor) -> None:
    with session_scope() as session:
        make_member(session, "eve", '=HYPERLINK("http://evil")')
        session.get_one(Submission, 2).created = datetime(2030, 1, 1, 20, 0, 1, 500, tzinfo=UTC)
    text = teacher.get("/teach/grades.csv").content.decode()
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))

    assert text.startswith("\ufeff")
    assert [row["name"] for row in rows] == ['\'=HYPERLINK("http://evil")', "Zhou"]
    assert (rows[1]["best_accuracy"], rows[1]["wrong"], rows[1]["submissions"]) == ("0.98", "20", "2")
    assert (rows[1]["best_accuracy_within_3_epochs"], rows[1]["notes_length"]) == ("0.98", "4")
    assert rows[1]["last_submission"] == "2030-01-02 04:00:01"  # on the class' clock, as spreadsheets read it


def test_the_settings_are_changed_and_noted(teacher: Visitor) -> None:
    sent = {"daily_quota": "7", "closes": "2026-12-24T18:00", "time_zone": "Europe/Berlin", "epochs_cap": ""}
    assert teacher.post("/teach/class", sent).status_code == 303

    with session_scope() as session:
        classroom = session.exec(select(Classroom)).one()
        assert classroom.daily_quota == 7
        assert classroom.closes is not None
        assert classroom.closes.isoformat() == "2026-12-24T17:00:00+00:00"
        assert set(session.exec(select(Audit)).one().detail) == {"daily_quota", "closes", "time_zone"}
    assert 'value="2026-12-24T18:00"' in teacher.get("/teach/class").text


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("daily_quota", "-1", "from 0 to 1000"),
        ("daily_quota", "", "from 0 to 1000"),
        ("epochs_cap", "three", "“three” was given"),
        ("time_zone", "Mars/Olympus", "is no time zone"),
        ("closes", "tomorrow", "is no time"),
        ("closes", "0001-01-01T00:00", "is no time"),
        ("sign_up", "maybe", "Choose one of"),
        ("name", "  ", "needs a name"),
    ],
)
def test_a_wrong_setting_has_its_sentence_and_changes_nothing(
    teacher: Visitor, name: str, value: str, words: str
) -> None:
    response = teacher.post("/teach/class", {"daily_quota": "3", name: value})

    assert response.status_code == 422
    assert words in error_beside(response, name)
    assert actions() == []
    with session_scope() as session:
        assert session.exec(select(Classroom.daily_quota)).one() == 20


def test_a_class_cannot_close_before_it_opens(teacher: Visitor) -> None:
    response = teacher.post("/teach/class", {"opens": "2026-12-24T18:00", "closes": "2026-12-24T18:00"})

    assert "must close after it opens" in error_beside(response, "closes")


def test_the_form_as_it_is_shown_changes_nothing(teacher: Visitor) -> None:
    shown = form_values(teacher.get("/teach/class"))
    assert set(FIELDS) <= shown.keys()
    assert teacher.post("/teach/class", shown).status_code == 303
    assert actions() == []


def test_a_new_class_code_replaces_the_old_one(teacher: Visitor) -> None:
    with session_scope() as session:
        before = session.exec(select(Classroom.join_code)).one()
    teacher.post("/teach/class/code")

    page = text_of(teacher.get("/teach/class"))
    assert before not in page
    assert "New class code made" in text_of(teacher.get("/teach/audit"))


def test_the_api_shows_the_class_without_its_code_to_students(api: Any) -> None:
    answers = [api.client.get("/api/v1/class", headers=headers).json() for headers in ({}, api.owner, api.teacher)]

    assert [answer["join_code"] is None for answer in answers] == [True, True, False]


def test_the_api_changes_the_class_and_null_takes_a_cap_away(api: Any) -> None:
    for value in (3, None):
        answer = api.client.patch("/api/v1/class", json={"epochs_cap": value}, headers=api.teacher)
        assert (answer.status_code, answer.json()["epochs_cap"]) == (200, value)
    refused = api.client.patch("/api/v1/class", json={"nonsense": 1}, headers=api.teacher)

    assert "nonsense" in refused.json()["fields"]


def test_the_api_moderates_and_tells_what_was_done(api: Any) -> None:
    with session_scope() as session:
        make_result(session, make_submission(session, session.exec(select(User).where(User.handle == "owner")).one()))
    api.client.post("/api/v1/teach/submissions/1/hide", headers=api.teacher)

    assert api.client.get("/api/v1/submissions/1").status_code == 404
    log = api.client.get("/api/v1/teach/audit", headers=api.teacher).json()["audit"]
    assert [(line["action"], line["subject"], line["by"]) for line in log] == [
        ("submission.hide", "submission 1", "another-teacher")
    ]
    grades = api.client.get("/api/v1/teach/grades", headers=api.teacher).json()["students"]
    assert [row["handle"] for row in grades] == ["other", "owner"]
    assert grades[1]["submissions"] == 1


def test_every_action_that_is_noted_has_words() -> None:
    sources = [path.read_text() for path in Path("app").rglob("*.py")]
    noted = {name for text in sources for name in re.findall(r'\bnote\([^)]*?"(\w+\.\w+)"', text)}
    noted |= {f"submission.{action}" for action in (*moderation.ACTIONS, moderation.STOP)} | {"queue.resume"}

    assert noted <= audit_words.ACTIONS.keys()
    assert audit_words.SETTINGS.keys() == set(class_settings.NAMES)


def test_the_audit_log_is_in_words_of_the_readers_language(teacher: Visitor) -> None:
    teacher.post("/teach/class", {"names": "pseudonyms", "closes": "2026-12-24T18:00", "epochs_cap": "5"})
    teacher.post("/teach/students/zhou/role", {"role": "teacher"})
    teacher.post("/teach/submissions/2/hide")
    page = text_of(teacher.get("/teach/audit?lang=zh"))

    assert "隐藏：#2" in page
    assert "更改了 @zhou 的身份 Ms Li · 刚刚 身份：学生 → 老师" in page
    assert "姓名显示：真实姓名 → 截止之前显示化名" in page
    assert "– → 2026-12-24 18:00 (Asia/Shanghai)" in page
    assert "最多轮数：– → 5" in page
