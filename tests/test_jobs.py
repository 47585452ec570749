"""The façade over the engine, and what the engine needs of a database. Workers are tested in test_worker_*.py."""

import json
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from app.core.database import BUSY_TIMEOUT_MS, database_clock, get_engine, make_engine, session_scope
from app.core.identifiers import new_id
from app.core.jobs import APPLICATION_VERSION, EngineState, Jobs, get_jobs
from app.core.tables import Run

pytest_plugins = ["tests.postgres"]


@pytest.fixture
def jobs(either_database: str) -> Jobs:
    return get_jobs()


def enqueue(*run_ids: str, user_id: int = 1, unfinished_runs: int = 0) -> None:
    with session_scope() as session:
        for run_id in run_ids:
            get_jobs().submit(session, run_id, user_id, unfinished_runs)


def engine_rows(table: str) -> list[dict[str, Any]]:
    """Rows of one of the engine's tables."""
    schema = "" if get_engine().dialect.name == "sqlite" else "dbos."
    with get_engine().connect() as connection:
        return [dict(row._mapping) for row in connection.exec_driver_sql(f"SELECT * FROM {schema}{table}")]


def test_a_committed_job_is_queued(jobs: Jobs) -> None:
    run_id = new_id()

    enqueue(run_id)

    assert jobs.states([run_id]) == {run_id: EngineState.QUEUED}


def test_a_job_of_a_transaction_that_was_rolled_back_never_was(jobs: Jobs) -> None:
    with Session(get_engine()) as session:
        jobs.submit(session, "abandoned", 1, 0)
        session.rollback()

    assert jobs.states(["abandoned"]) == {}
    assert engine_rows("workflow_status") == []


def test_a_job_is_not_seen_before_its_transaction_commits(jobs: Jobs) -> None:
    with Session(get_engine()) as session:
        jobs.submit(session, "waiting", 1, 0)
        before = jobs.states(["waiting"])
        session.commit()

    assert (before, jobs.states(["waiting"])) == ({}, {"waiting": EngineState.QUEUED})


def test_queueing_the_same_run_again_gives_one_job(jobs: Jobs) -> None:
    enqueue("once")
    enqueue("once")

    assert jobs.active() == ([], ["once"])


def test_a_cancelled_job_leaves_the_queue(jobs: Jobs) -> None:
    enqueue("kept", "dropped")

    jobs.cancel("dropped")

    assert jobs.active() == ([], ["kept"])
    assert jobs.states(["dropped"]) == {"dropped": EngineState.CANCELLED}


def test_cancelling_again_or_nothing_is_harmless(jobs: Jobs) -> None:
    enqueue("dropped")
    jobs.cancel("dropped")

    jobs.cancel("dropped")
    jobs.cancel("never queued")

    assert jobs.states(["dropped", "never queued"]) == {"dropped": EngineState.CANCELLED}


def test_no_runs_have_no_states(jobs: Jobs) -> None:
    assert jobs.states([]) == {}


def test_a_hog_with_twenty_runs_does_not_keep_amy_with_two_waiting(jobs: Jobs) -> None:
    hog = [f"hog-{i:02}" for i in range(20)]
    for unfinished, run_id in enumerate(hog):
        enqueue(run_id, user_id=1, unfinished_runs=unfinished)
    for unfinished, run_id in enumerate(("amy-1", "amy-2")):
        enqueue(run_id, user_id=2, unfinished_runs=unfinished)

    _, queued = jobs.active()

    assert set(queued[:4]) == {"hog-00", "amy-1", "hog-01", "amy-2"}
    assert queued[4:] == hog[2:]


def test_jobs_of_one_priority_keep_the_order_of_their_ids(jobs: Jobs) -> None:
    enqueue("a", "b", "c")

    assert jobs.active() == ([], ["a", "b", "c"])


def test_inputs_are_stored_as_json_and_not_as_a_pickle(jobs: Jobs) -> None:
    """Whoever can write to the database could run code in a worker that unpickles (QUEUE.md, trap 6)."""
    enqueue("run-1")

    [row] = engine_rows("workflow_input")
    [status] = engine_rows("workflow_status")

    assert json.loads(row["inputs"])["positionalArgs"] == ["run-1"]
    assert status["serialization"] == "portable_json"


def test_every_job_carries_the_one_version_that_all_workers_have(jobs: Jobs) -> None:
    """By default it is a hash of the code, and a job queued before an update would wait for ever (trap 4)."""
    enqueue("run-1")

    [row] = engine_rows("workflow_status")

    assert row["application_version"] == APPLICATION_VERSION == "1"
    assert row["authenticated_user"] == "1"


def test_the_queue_is_registered_once_with_the_latest_settings(jobs: Jobs) -> None:
    jobs.register_queue(worker_concurrency=2, poll_interval_s=0.5)
    jobs.register_queue(worker_concurrency=3, poll_interval_s=0.25)

    queues = {queue["name"]: queue for queue in engine_rows("queues")}

    assert set(queues) == {"runs", "checks", "webhooks"}
    assert (queues["runs"]["worker_concurrency"], queues["runs"]["polling_interval_sec"]) == (3, 0.25)
    assert (queues["checks"]["worker_concurrency"], queues["checks"]["polling_interval_sec"]) == (1, 0.25)


def test_a_migrated_database_passes_the_check(jobs: Jobs) -> None:
    jobs.check()


def test_nobody_runs_anything_in_a_database_without_workers(jobs: Jobs) -> None:
    enqueue("run-1")

    assert (jobs.executors_with_runs(), jobs.runs_of("worker-1"), jobs.recover(["worker-1"])) == (set(), [], [])


def enqueue_check(*check_ids: str, waiting: int = 0) -> None:
    with session_scope() as session:
        for check_id in check_ids:
            get_jobs().submit_check(session, check_id, 1, waiting)


def let_work_on(executor_id: str, *job_ids: str) -> None:
    """Do what the engine does when a worker takes these jobs."""
    schema = "" if get_engine().dialect.name == "sqlite" else "dbos."
    with get_engine().begin() as connection:
        for job_id in job_ids:
            statement = f"UPDATE {schema}workflow_status SET status = 'PENDING', executor_id = :who "
            text = sa.text(statement + "WHERE workflow_uuid = :id")
            connection.execute(text, {"who": executor_id, "id": job_id})


def queues_of(*job_ids: str) -> list[tuple[str, str]]:
    """State and queue of these jobs."""
    rows = {row["workflow_uuid"]: (row["status"], row["queue_name"]) for row in engine_rows("workflow_status")}
    return [rows[job_id] for job_id in job_ids]


def test_a_check_waits_in_a_queue_of_its_own_and_is_no_run(jobs: Jobs) -> None:
    enqueue("run-1")
    enqueue_check("check-1")

    assert jobs.active() == ([], ["run-1"])
    assert queues_of("run-1", "check-1") == [("ENQUEUED", "runs"), ("ENQUEUED", "checks")]
    assert [row["name"] for row in engine_rows("workflow_status") if row["queue_name"] == "checks"] == ["check"]


def test_what_a_worker_holds_is_told_without_its_checks(jobs: Jobs) -> None:
    enqueue("run-1")
    enqueue_check("check-1")
    let_work_on("worker-1", "run-1", "check-1")

    assert (sorted(jobs.runs_of("worker-1")), jobs.active()) == (["check-1", "run-1"], (["run-1"], []))


def test_a_worker_that_holds_only_a_check_is_missed_when_it_dies(jobs: Jobs) -> None:
    enqueue_check("check-1")
    let_work_on("worker-1", "check-1")

    assert jobs.executors_with_runs() == {"worker-1"}


@pytest.mark.parametrize("how", ["recover", "hand_back"])
def test_a_dead_workers_run_and_check_return_each_to_its_own_queue(jobs: Jobs, how: str) -> None:
    enqueue("run-1")
    enqueue_check("check-1")
    let_work_on("worker-1", "run-1", "check-1")

    if how == "recover":
        assert sorted(jobs.recover(["worker-1"])) == ["check-1", "run-1"]
    else:
        assert jobs.hand_back("worker-1") == 2

    assert queues_of("run-1", "check-1") == [("ENQUEUED", "runs"), ("ENQUEUED", "checks")]


def test_a_check_that_nobody_waits_for_any_more_leaves_its_queue(jobs: Jobs) -> None:
    enqueue_check("check-1")

    jobs.cancel("check-1")

    assert queues_of("check-1")[0][0] == "CANCELLED"


def enqueue_many(first: int) -> None:
    for i in range(20):
        enqueue(f"run-{first + i:03}", user_id=first)


def test_eight_threads_that_queue_at_once_lose_nothing(jobs: Jobs) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(enqueue_many, range(0, 160, 20)))

    assert sorted(jobs.active()[1]) == [f"run-{i:03}" for i in range(160)]


def test_a_run_of_no_submission_is_refused_by_the_database(jobs: Jobs) -> None:
    """SQLite looks at foreign keys only where it is told to."""
    with pytest.raises(IntegrityError), session_scope() as session:
        session.add(Run(submission_id="no such submission"))


def test_the_databases_clock_agrees_with_ours_and_knows_fractions(jobs: Jobs) -> None:
    with session_scope() as session:
        clock = sa.select(database_clock(session.get_bind().dialect.name))
        readings = [float(session.connection().execute(clock).scalar_one()) for _ in range(20)]
        time.sleep(0.02)
        later = float(session.connection().execute(clock).scalar_one())

    assert readings[0] == pytest.approx(time.time(), abs=2)
    assert 0.01 < later - readings[-1] < 1


@pytest.fixture
def sqlite_engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = make_engine(f"sqlite:///{tmp_path / 'new' / 'board.sqlite'}")
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("foreign_keys", 1), ("busy_timeout", BUSY_TIMEOUT_MS), ("synchronous", 1)],
)
def test_every_sqlite_connection_is_prepared(sqlite_engine: sa.Engine, pragma: str, value: object) -> None:
    with sqlite_engine.connect() as first, sqlite_engine.connect() as second:
        found = [connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() for connection in (first, second)]

    assert found == [value, value]


def test_every_sqlite_connection_knows_the_time_to_the_millisecond(sqlite_engine: sa.Engine) -> None:
    """DBOS asks for it, and SQLite can answer only from 3.42 on (QUEUE.md, trap 1)."""
    with sqlite_engine.connect() as first, sqlite_engine.connect() as second:
        found = [
            connection.exec_driver_sql("SELECT unixepoch('subsec')").scalar_one()
            for connection in (first, second)
            for _ in range(20)
        ]

    assert found == pytest.approx([time.time()] * 40, abs=2)
    assert any(value % 1 for value in found)


def test_whole_seconds_stay_whole(sqlite_engine: sa.Engine) -> None:
    with sqlite_engine.connect() as connection:
        seconds = connection.exec_driver_sql("SELECT unixepoch()").scalar_one()

    assert isinstance(seconds, int)
    assert seconds == pytest.approx(time.time(), abs=2)


def read_then_write(engine: sa.Engine, barrier: Barrier) -> None:
    """What fails half-way with SQLite's default, deferred transactions."""
    with engine.begin() as connection:
        barrier.wait()
        connection.exec_driver_sql("UPDATE counter SET value = value + 1")
        value = connection.exec_driver_sql("SELECT value FROM counter").scalar_one()
        time.sleep(0.01)
        connection.exec_driver_sql(f"UPDATE counter SET value = {value}")


def test_writers_wait_for_each_other_instead_of_failing(sqlite_engine: sa.Engine) -> None:
    with sqlite_engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE counter AS SELECT 0 AS value")
    barrier = Barrier(8)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(read_then_write, [sqlite_engine] * 8, [barrier] * 8))

    with sqlite_engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT value FROM counter").scalar_one() == 8


def test_readers_do_not_wait_for_a_writer(sqlite_engine: sa.Engine) -> None:
    with sqlite_engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE counter AS SELECT 0 AS value")
    with sqlite_engine.begin() as writer, sqlite_engine.connect() as reader:
        writer.exec_driver_sql("UPDATE counter SET value = 1")
        started = time.monotonic()
        value = reader.exec_driver_sql("SELECT value FROM counter").scalar_one()

    assert value == 0
    assert time.monotonic() - started < 1


def test_a_database_that_is_no_database_is_an_error_at_once(tmp_path: Path) -> None:
    path = tmp_path / "board.sqlite"
    path.write_bytes(b"this is no database, whatever its name says" * 100)
    engine = make_engine(f"sqlite:///{path}")

    with pytest.raises(sa.exc.DatabaseError) as caught:
        engine.connect()

    assert isinstance(caught.value.orig, sqlite3.DatabaseError)
    engine.dispose()


def test_thirty_who_hold_a_connection_each_and_ask_the_engine_do_not_wait_for_each_other(jobs: Jobs) -> None:
    together = Barrier(30)

    def ask() -> dict[str, EngineState]:
        with Session(get_engine()) as session:
            session.connection().exec_driver_sql("select 1")
            together.wait(timeout=20)
            return jobs.states(["no such run"])

    with ThreadPoolExecutor(30) as threads:
        answers = [threads.submit(ask) for _ in range(30)]
        assert [answer.result(timeout=30) for answer in answers] == [{}] * 30
