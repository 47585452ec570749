"""The daily quota: counted, refused, given back."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import Session, select

from app.core.caps import caps_of_check
from app.core.class_time import day_bounds
from app.core.database import session_scope
from app.core.jobs import get_jobs
from app.core.quotas import find_allowance
from app.core.runs import latest_run
from app.core.seeding import seed_baselines
from app.core.tables import Charge, Classroom, QuickCheck, Run, Submission, User, now
from tests.board_factories import make_result, make_token, make_user
from tests.serving import serving
from tests.test_pages_submit import MULTIPART, form_values
from tests.visitors import Visitor, member, text_of, visit
from worker.check import over_cap
from worker.record import internal_report, record

__all__ = ["member", "visit"]
pytest_plugins = ["tests.api_fixtures", "tests.postgres"]
ASKED = {"model": "yannet", "kind": "train", "title": "a title"}


def set_class(**settings: Any) -> None:
    with session_scope() as session:
        classroom = session.exec(select(Classroom)).one()
        for name, value in settings.items():
            setattr(classroom, name, value)
        session.add(classroom)


def left_of(handle: str = "owner") -> int | None:
    with session_scope() as session:
        return find_allowance(session, get_jobs(), session.exec(select(User).where(User.handle == handle)).one()).left


def test_fifty_submissions_at_once_at_a_quota_of_five_give_five_and_clear_refusals(
    either_database: str, app: Any
) -> None:
    set_class(daily_quota=5)
    with session_scope() as session:
        token = make_token(session, make_user(session, "owner"))
    with serving(app) as address, ThreadPoolExecutor(50) as pool:
        url = f"{address}/api/v1/submissions"
        answers = list(pool.map(lambda _: httpx.post(url, json=ASKED, headers=token, timeout=60), range(50)))

    refused = [answer for answer in answers if answer.status_code == 429]
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [429] * 45
    assert {answer.json()["code"] for answer in refused} == {"no_runs_left"}
    assert all(answer.json()["detail"].startswith("You have used today's 5 runs.") for answer in refused)
    assert all(0 < int(answer.headers["retry-after"]) <= 86_400 for answer in refused)
    with session_scope() as session:
        counts = [len(session.exec(select(table)).all()) for table in (Submission, Run, Charge)]
    assert counts == [5, 5, 5]


def test_headers_say_what_is_left(api: Any) -> None:
    answer = api.client.post("/api/v1/submissions", json=ASKED, headers=api.owner)

    assert answer.headers["ratelimit-policy"].startswith('"runs";q=20;w=86400')
    assert answer.headers["ratelimit"].startswith('"runs";r=19;t=')


def test_the_same_request_again_costs_nothing_even_when_all_are_used(api: Any) -> None:
    set_class(daily_quota=1)
    headers = api.owner | {"Idempotency-Key": "once"}
    first, again = (api.client.post("/api/v1/submissions", json=ASKED, headers=headers) for _ in range(2))

    assert (first.status_code, again.status_code) == (201, 200)


def test_the_teacher_is_free(api: Any) -> None:
    set_class(daily_quota=0)

    assert api.client.post("/api/v1/submissions", json=ASKED, headers=api.teacher).status_code == 201


def test_the_baselines_of_the_course_are_free(session: Session) -> None:
    set_class(daily_quota=0)

    assert seed_baselines(session, get_jobs(), "mnist") == 4
    assert session.exec(select(Charge)).all() == []


def test_every_seed_counts_and_too_few_runs_start_none(api: Any) -> None:
    set_class(daily_quota=3)
    api.client.post("/api/v1/submissions", json=ASKED, headers=api.owner)
    with session_scope() as session:
        make_result(session, session.get_one(Submission, 1))
    ask = lambda seeds: api.client.post("/api/v1/submissions/1/seeds", json={"seeds": seeds}, headers=api.owner)  # noqa: E731

    assert ask(5).status_code == 429
    assert left_of() == 2
    assert ask(3).status_code == 202
    assert left_of() == 0


def test_a_run_that_failed_by_our_fault_is_given_back(api: Any) -> None:
    api.client.post("/api/v1/submissions", json=ASKED, headers=api.owner)
    with session_scope() as session:
        record(session, latest_run(session, session.get_one(Submission, 1)).id, internal_report())

    quota = api.client.get("/api/v1/me/quota", headers=api.owner).json()
    assert (quota["left"], quota["runs"][0]["reason"]) == (20, "internal")


def test_a_run_that_failed_by_its_authors_fault_stays_counted(api: Any) -> None:
    api.client.post("/api/v1/submissions", json=ASKED, headers=api.owner)
    with session_scope() as session:
        report = internal_report() | {"outcome": "diverged"}
        record(session, latest_run(session, session.get_one(Submission, 1)).id, report)

    assert left_of() == 19


def test_a_submission_withdrawn_before_it_started_is_given_back(api: Any) -> None:
    api.client.post("/api/v1/submissions", json=ASKED, headers=api.owner)
    api.client.delete("/api/v1/submissions/1", headers=api.owner)

    with session_scope() as session:
        assert session.exec(select(Charge.reason)).one() == "cancelled"
    assert left_of() == 20


def test_a_run_cancelled_after_it_started_stays_counted(api: Any) -> None:
    api.client.post("/api/v1/submissions", json=ASKED, headers=api.owner)
    with session_scope() as session:
        run = latest_run(session, session.get_one(Submission, 1))
        run.started = now()
        session.add(run)
    api.client.delete("/api/v1/submissions/1", headers=api.owner)

    assert left_of() == 19


def test_runs_of_yesterday_do_not_count(api: Any) -> None:
    api.client.post("/api/v1/submissions", json=ASKED, headers=api.owner)
    with session_scope() as session:
        charged = session.exec(select(Charge)).one()
        charged.created = day_bounds(session.exec(select(Classroom)).one())[0] - timedelta(seconds=1)
        session.add(charged)

    assert left_of() == 20


@pytest.mark.parametrize(
    ("zone", "at", "begins", "hours"),
    [
        ("Asia/Shanghai", "2026-11-23T17:00", "2026-11-23T16:00", 24),
        ("Europe/Berlin", "2026-03-29T10:00", "2026-03-28T23:00", 23),
        ("America/New_York", "2026-11-01T10:00", "2026-11-01T04:00", 25),
    ],
)
def test_the_day_is_the_class_own(zone: str, at: str, begins: str, hours: int) -> None:
    classroom = Classroom(name="a", join_code="a", time_zone=zone)
    first, last = day_bounds(classroom, datetime.fromisoformat(at).replace(tzinfo=UTC))

    assert first.astimezone(UTC) == datetime.fromisoformat(begins).replace(tzinfo=UTC)
    assert last.astimezone(UTC) - first.astimezone(UTC) == timedelta(hours=hours)


def test_the_form_says_what_is_left_and_keeps_what_was_typed_when_nothing_is(member: Visitor) -> None:
    set_class(daily_quota=1)
    values = form_values(member.get("/submit?model=yannet"))
    assert "1 of 1 runs" in text_of(member.get("/submit"))
    member.post("/submit", values, files=MULTIPART)
    second = values | {"idempotency_key": "another", "title": "kept"}
    refused = member.post("/submit", second, files=MULTIPART)

    assert refused.status_code == 429
    assert "You have used today's 1 runs." in text_of(refused)
    assert form_values(refused)["title"] == "kept"
    assert "retry-after" in refused.headers


def test_the_ledger_shows_what_was_counted_and_given_back(member: Visitor) -> None:
    member.post("/submit", form_values(member.get("/submit?model=yannet")), files=MULTIPART)
    member.post("/s/1/withdraw")
    page = text_of(member.get("/me/runs"))

    assert "20 of today's 20 runs are left" in page
    assert "it never started" in page


def test_epochs_over_the_cap_of_the_class_are_refused_beside_the_field(api: Any) -> None:
    set_class(epochs_cap=2)
    answer = api.client.post("/api/v1/submissions", json=ASKED, headers=api.owner)

    assert answer.status_code == 422
    assert answer.json()["fields"] == {"epochs": "epochs is 3; this class allows at most 2."}
    assert left_of() == 20


def test_a_network_of_the_zoo_over_the_cap_is_refused_before_it_costs_a_run(api: Any) -> None:
    set_class(parameters_cap=30_000)
    answer = api.client.post("/api/v1/submissions", json=ASKED, headers=api.owner)

    assert answer.status_code == 422
    assert "has 30306 parameters; this class allows at most 30000" in answer.json()["fields"]["model"]
    assert left_of() == 20


def test_a_check_holds_to_the_cap_of_the_class(api: Any) -> None:
    set_class(parameters_cap=100)
    with session_scope() as session:
        owner, teacher = (
            session.exec(select(User).where(User.handle == name)).one() for name in ("owner", "another-teacher")
        )
        student_caps, teacher_caps = (
            caps_of_check(session, QuickCheck(user_id=user.stored_id, kind="train")) for user in (owner, teacher)
        )
    failure = over_cap({"parameters": 101}, student_caps)

    assert failure is not None
    assert "has 101 parameters; this class allows at most 100" in str(failure.message)
    assert over_cap({"parameters": 100}, student_caps) is over_cap({"parameters": None}, student_caps) is None
    assert over_cap({"parameters": 101}, teacher_caps) is None


def test_a_file_over_the_cap_of_the_class_is_refused_beside_its_field(api: Any) -> None:
    set_class(upload_cap_bytes=10)
    files = {"model_file": ("net.py", b"class Net: pass\n", "text/x-python")}
    answer = api.client.post("/api/v1/submissions", data={"kind": "train"}, files=files, headers=api.owner)

    assert answer.status_code == 422
    assert "1e-05 MB" in answer.json()["fields"]["model_file"]
