"""The teacher's queue: what is shown of runs, workers and the day, and how runs are ordered and cancelled."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session, select

from app.core.blobs import get_blobs
from app.core.database import session_scope
from app.core.heartbeats import announce
from app.core.jobs import EngineState, get_jobs
from app.core.reevaluations import reevaluate
from app.core.runs import State, begin, latest_run, standing
from app.core.sentences import Sentence
from app.core.submissions import find
from app.core.tables import Audit, Charge, Run, User
from app.web.pages import teach_queue
from tests.board_factories import make_failure, make_result, make_submission, make_user, set_engine_status
from tests.factories import make_member
from tests.visitors import Visitor, text_of, visit

__all__ = ["visit"]
pytest_plugins = ["tests.api_fixtures"]
WORKER = "lab-3:4711:9f86d081"


@pytest.fixture
def teacher(visit: Any) -> Visitor:
    """Ms Li, signed in, and three waiting submissions of a student."""
    with session_scope() as session:
        make_member(session, "ms-li", "Ms Li", "teacher")
        student = make_user(session, "zhou")
        for title in ("first", "second", "third"):
            make_submission(session, student, title=title)
    visitor: Visitor = visit()
    return visitor.sign_in("ms-li")


def run_id_of(number: int) -> str:
    with session_scope() as session:
        return latest_run(session, find(session, number)).id


def queued() -> list[str]:
    """Titles in the order in which they will start."""
    with session_scope() as session:
        runs = [session.get_one(Run, run_id) for run_id in get_jobs().active()[1]]
        return [find_title(session, run) for run in runs]


def find_title(session: Session, run: Run) -> str:
    titles = {"1": "first", "2": "second", "3": "third"}
    statement = sa.text("SELECT number FROM submission WHERE id = :id")
    return titles[str(session.connection().execute(statement, {"id": run.submission_id}).scalar_one())]


def let_work(number: int, has_begun: bool, executor_id: str = WORKER) -> None:
    """Do what the engine does when a worker takes a run, and the worker when it begins it."""
    with session_scope() as session:
        run = latest_run(session, find(session, number))
        statement = "UPDATE workflow_status SET status = 'PENDING', executor_id = :who WHERE workflow_uuid = :id"
        session.connection().execute(sa.text(statement), {"who": executor_id, "id": run.id})
        if has_begun:
            begin(session, run.id, executor_id, "namespaces")


@pytest.mark.parametrize(
    ("to", "order"),
    [
        ("front", ["third", "first", "second"]),
        ("up", ["first", "third", "second"]),
        ("down", ["first", "second", "third"]),
        ("end", ["first", "second", "third"]),
    ],
)
def test_a_waiting_run_is_moved_from_the_page(teacher: Visitor, to: str, order: list[str]) -> None:
    answer = teacher.post(f"/teach/runs/{run_id_of(3)}/move", {"to": to})

    assert (answer.status_code, queued()) == (303, order)


def test_a_move_is_written_down(teacher: Visitor) -> None:
    teacher.post(f"/teach/runs/{run_id_of(3)}/move", {"to": "front"})

    with session_scope() as session:
        row = session.exec(select(Audit)).one()
        assert (row.action, row.subject, row.detail["to"]) == ("run.move", "submission 3", "front")


@pytest.mark.parametrize(
    ("to", "run_id", "status", "words"),
    [
        ("sideways", "", 422, "cannot move to “sideways”"),
        ("", "", 422, "Choose one of: front, up, down, end"),
        ("front", "nowhere", 404, "no such run"),
    ],
)
def test_a_move_that_there_is_not_is_refused(api: Any, to: str, run_id: str, status: int, words: str) -> None:
    with session_scope() as session:
        owner = session.exec(select(User).where(User.handle == "owner")).one()
        own = latest_run(session, make_submission(session, owner)).id
    answer = api.client.post(f"/api/v1/teach/runs/{run_id or own}/move", json={"to": to}, headers=api.teacher)

    assert answer.status_code == status
    assert words in str(answer.json())


def test_a_run_that_a_worker_has_does_not_move(teacher: Visitor) -> None:
    let_work(1, has_begun=True)
    answer = teacher.post(f"/teach/runs/{run_id_of(1)}/move", {"to": "end"})

    assert answer.status_code == 409
    assert "a worker has taken it" in text_of(answer)


def test_while_the_queue_is_paused_what_a_worker_holds_is_shown_as_waiting(teacher: Visitor) -> None:
    teacher.post("/teach/queue/pause")
    let_work(1, has_begun=False)
    page = text_of(teacher.get("/teach"))

    assert "0 runs are under way · 3 waiting" in page
    assert "waiting at a worker" in page
    assert "0 runs are under way · 3 waiting" in text_of(teacher.get("/status"))
    assert "0 runs go first · the teacher has paused the queue" in text_of(teacher.get("/s/1"))
    with session_scope() as session:
        assert standing(session, get_jobs(), latest_run(session, find(session, 1))).state is State.QUEUED


def test_what_another_worker_took_over_waits_until_that_one_begins(teacher: Visitor) -> None:
    let_work(1, has_begun=True)
    assert "1 run is under way" in text_of(teacher.get("/teach"))
    let_work(1, has_begun=False, executor_id="lab-4:1:00000000")

    assert "0 runs are under way" in text_of(teacher.get("/teach"))


def test_a_worker_is_shown_with_its_run_and_with_why_it_refuses_code(teacher: Visitor) -> None:
    with session_scope() as session:
        announce(session, WORKER, "lab-3", "cpu", "limits", Sentence("There is no sandbox on this machine."))
    let_work(2, has_begun=True)
    page = text_of(teacher.get("/teach"))

    assert f"{WORKER} at work Machine lab-3 Device cpu" in page
    assert "Under way: #2 second" in page
    assert "There is no sandbox on this machine." in page


def test_the_days_counts_tell_whose_failures_they_were(teacher: Visitor) -> None:
    with session_scope() as session:
        make_result(session, find(session, 1))
        make_failure(session, find(session, 2), "internal")
    get_jobs().cancel(run_id_of(3))
    with session_scope() as session:
        make_failure(session, make_submission(session, find_user(session)), "diverged")
        set_engine_status(session, latest_run(session, make_submission(session, find_user(session))).id, "ERROR")
    page = text_of(teacher.get("/teach"))

    assert "submitted today 5 runs measured 1 failed by the network 1 failed by us 2 cancelled 1" in page


def find_user(session: Session) -> User:
    return session.exec(select(User).where(User.handle == "zhou")).one()


def test_yesterdays_runs_are_not_todays(teacher: Visitor) -> None:
    with session_scope() as session:
        run = make_result(session, find(session, 1))
        before = run.created.replace(year=run.created.year - 1)
        session.connection().execute(sa.text("UPDATE submission SET created = '2020-01-01 00:00:00'"))
        run.finished = before
        session.add(run)

    assert "submitted today 0 runs measured 0" in text_of(teacher.get("/teach"))


def test_the_disk_is_shown_with_what_lies_on_it(teacher: Visitor) -> None:
    get_blobs().store([b"x" * 1500], 10_000)

    assert "1.5 kB in 1 file" in text_of(teacher.get("/teach"))


def test_what_is_evaluated_again_is_marked_in_the_queue(teacher: Visitor) -> None:
    with session_scope() as session:
        make_result(session, find(session, 1))
        set_engine_status(session, latest_run(session, find(session, 1)).id, "SUCCESS")
        teaches = session.exec(select(User).where(User.handle == "ms-li")).one()
        reevaluate(session, get_jobs(), teaches, [find(session, 1)])

    assert "#3 third Zhou · just now · waiting" in text_of(teacher.get("/teach"))
    assert "#1 first again Zhou" in text_of(teacher.get("/teach"))


def test_a_long_queue_is_cut_off_until_all_of_it_is_asked_for(
    teacher: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teach_queue, "SHOWN", 2)
    cut, whole = (text_of(teacher.get(path)) for path in ("/teach", "/teach?runs=all"))

    assert ("#3 third" in cut, "1 more waits behind these." in cut) == (False, True)
    assert ("#3 third" in whole, "behind these" in whole) == (True, False)


def test_a_run_that_the_engine_has_ended_cannot_be_cancelled(teacher: Visitor) -> None:
    run_id = run_id_of(1)
    teacher.post(f"/teach/runs/{run_id}/cancel")

    assert teacher.post(f"/teach/runs/{run_id}/cancel").status_code == 409


def test_a_run_that_a_teacher_stops_is_given_back_also_after_it_began(teacher: Visitor) -> None:
    let_work(1, has_begun=True)
    path = f"/teach/runs/{run_id_of(1)}/cancel"
    asked = text_of(teacher.post(path))
    assert "what it has trained is lost" in asked
    assert get_jobs().states([run_id_of(1)]) == {run_id_of(1): EngineState.RUNNING}
    answer = teacher.post(path, {"confirmed": "1"})

    assert "The run of #1 is cancelled" in text_of(teacher.get(answer.headers["location"]))
    with session_scope() as session:
        charge = session.get_one(Charge, run_id_of(1))
        assert (charge.refunded is not None, charge.reason) == (True, "cancelled")


def test_the_api_tells_the_same(api: Any) -> None:
    with session_scope() as session:
        owner = session.exec(select(User).where(User.handle == "owner")).one()
        announce(session, WORKER, "lab-3", "cpu", "namespaces")
        first, second = (make_submission(session, owner, title=title) for title in ("first", "second"))
        ids = [latest_run(session, each).id for each in (first, second)]
    let_work(1, has_begun=True)
    moved = api.client.post(f"/api/v1/teach/runs/{ids[1]}/move", json={"to": "end"}, headers=api.teacher).json()
    console = api.client.get("/api/v1/teach/console", headers=api.teacher).json()

    assert [(run["title"], run["running"], run["worker"], run["movable"]) for run in moved["runs"]] == [
        ("first", True, WORKER, False),
        ("second", False, None, True),
    ]
    assert (console["running"], console["waiting"], console["paused"]) == (1, 1, False)
    assert [run["run"] for run in console["workers"][0]["runs"]] == [ids[0]]
    assert console["today"]["submitted"] == 2
    assert console["disk"]["free_bytes"] > 0
