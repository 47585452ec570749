"""The settings page: units that people type, what it says of them, and what students see."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from app.core.database import session_scope
from app.core.tables import Classroom, now
from tests.api import safetensors
from tests.board_factories import make_result, make_submission, make_user
from tests.factories import make_member
from tests.visitors import Visitor, error_beside, text_of, visit

__all__ = ["visit"]
pytest_plugins = ["tests.api_fixtures"]
ASKED = {"model": "yannet", "kind": "train", "title": "a title"}


@pytest.fixture
def teacher(visit: Any) -> Visitor:
    """Ms Li, signed in, and a student with a result."""
    with session_scope() as session:
        make_member(session, "ms-li", "Ms Li", "teacher")
        make_result(session, make_submission(session, make_user(session, "zhou")))
    visitor: Visitor = visit()
    return visitor.sign_in("ms-li")


def the_class() -> Classroom:
    with session_scope() as session:
        return session.exec(select(Classroom)).one()


def set_class(**settings: Any) -> None:
    with session_scope() as session:
        classroom = session.exec(select(Classroom)).one()
        for name, value in settings.items():
            setattr(classroom, name, value)
        session.add(classroom)


def test_minutes_and_megabytes_are_stored_as_seconds_and_bytes(teacher: Visitor) -> None:
    sent = {"train_time_cap_min": "2.5", "upload_cap_mb": "0,5", "names": "pseudonyms", "allow_weights": "false"}
    assert teacher.post("/teach/class", sent).status_code == 303

    found = the_class()
    assert (found.train_time_cap_s, found.upload_cap_bytes) == (150, 500_000)
    assert (found.names, found.allow_weights) == ("pseudonyms", False)
    page = teacher.get("/teach/class?saved=1").text
    assert 'value="2.5"' in page
    assert 'value="0.5"' in page
    assert "Saved." in page


def test_saving_the_form_leaves_the_seconds_of_the_closing_time(teacher: Visitor) -> None:
    closes = datetime(2026, 12, 24, 10, 0, 59, tzinfo=UTC)
    set_class(closes=closes)
    teacher.post("/teach/class", {"closes": "2026-12-24T18:00", "time_zone": "Asia/Shanghai"})
    assert the_class().closes == closes
    teacher.post("/teach/class", {"closes": "2026-12-24T18:00", "time_zone": "Europe/Berlin"})

    assert the_class().closes == datetime(2026, 12, 24, 17, tzinfo=UTC)


def test_an_empty_field_takes_the_cap_away(teacher: Visitor) -> None:
    set_class(train_time_cap_s=60)
    teacher.post("/teach/class", {"train_time_cap_min": ""})

    assert the_class().train_time_cap_s is None


@pytest.mark.parametrize("value", ["abc", "-1", "0", "1441", "NaN", "Infinity", "1e400", "9" * 50])
def test_a_wrong_time_has_its_sentence_beside_others_and_changes_nothing(teacher: Visitor, value: str) -> None:
    answer = teacher.post("/teach/class", {"train_time_cap_min": value, "daily_quota": "-3", "name": "Another"})

    assert answer.status_code == 422
    assert "Give a number from" in error_beside(answer, "train_time_cap_min")
    assert "from 0 to 1000" in error_beside(answer, "daily_quota")
    assert the_class().name != "Another"


@pytest.mark.parametrize(("name", "value"), [("names", "nicknames"), ("allow_weights", "perhaps")])
def test_the_api_refuses_words_that_mean_nothing(api: Any, name: str, value: str) -> None:
    answer = api.client.patch("/api/v1/class", json={name: value}, headers=api.teacher)

    assert answer.status_code == 422
    assert name in answer.json()["fields"]


def test_the_api_changes_names_and_weights(api: Any) -> None:
    sent = {"names": "pseudonyms", "allow_weights": False}
    answer = api.client.patch("/api/v1/class", json=sent, headers=api.teacher).json()

    assert {name: answer[name] for name in sent} == sent


def test_weights_trained_elsewhere_are_refused_where_the_class_says_so(api: Any) -> None:
    set_class(allow_weights=False)
    files = {"weights": ("w.safetensors", safetensors())}
    answers = [
        api.client.post("/api/v1/submissions", data={"model": "mlp", "kind": "evaluate"}, files=files, headers=each)
        for each in (api.owner, api.teacher)
    ]

    assert [answer.status_code for answer in answers] == [422, 201]
    assert "tests no weights" in answers[0].json()["fields"]["weights"]


def test_the_form_tells_the_limits_of_the_class_and_the_pseudonym(visit: Any) -> None:
    with session_scope() as session:
        make_member(session)
    set_class(epochs_cap=5, upload_cap_bytes=2_000_000, train_time_cap_s=90, allow_weights=False, names="pseudonyms")
    set_class(closes=now() + timedelta(days=3, minutes=5))
    page = text_of(visit().sign_in().get("/submit"))

    for words in ("at most 5 epochs", "files of at most 2 MB", "at most 1.5 min of training", "no weights trained"):
        assert words in page
    assert "Test my weights" not in page
    assert "up to 2 MB" in page
    assert "your classmates see no names" in page
    assert "Submissions rank until" in page
    assert "That is in 3 days." in page


def test_the_board_says_how_long_the_class_is_open(visit: Any) -> None:
    set_class(closes=now() + timedelta(hours=5, minutes=1))

    assert "That is in 5 h." in text_of(visit().get("/"))
    assert "还有 5 小时" in text_of(visit(language="zh").get("/"))


def test_the_preview_has_the_names_that_a_classmate_sees(teacher: Visitor) -> None:
    set_class(names="pseudonyms")

    assert "Zhou" in text_of(teacher.get("/"))
    assert "Zhou" not in text_of(teacher.get("/teach/class/preview"))
    assert "Zhou appears as" in text_of(teacher.get("/teach/class"))
