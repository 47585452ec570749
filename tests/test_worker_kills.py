"""Workers killed, frozen and stopped in the middle of runs: each run ends once, with one result (QUEUE.md, 3 and 6)."""

import random
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.core.database import session_scope
from app.core.jobs import get_jobs
from app.core.outcomes import Outcome
from app.core.runs import ENDED, State
from app.core.tables import Result, Run
from tests.service import (
    Service,
    events_of,
    free_port,
    is_alive,
    queue,
    results_of,
    rows,
    run_children_of,
    run_of,
    service,
    standing_of,
    wait_until,
    write_tiny_dataset,
)

pytestmark = pytest.mark.slow
pytest_plugins = ["tests.postgres"]

LIMIT_S = 120
# Long enough to be caught in the middle, short enough to end within the test: some 60 steps of a few milliseconds.
LONG = {"model": "yannet", "epochs": 6}


@pytest.fixture
def running(data_dir: Path) -> Iterator[Service]:
    write_tiny_dataset(data_dir)
    with service(data_dir) as started:
        yield started


@pytest.fixture
def on_either(either_database: str, running: Service) -> Service:
    """The same on SQLite and on Postgres."""
    return running


def wait_for_training(number: int, start: int) -> None:
    """Wait until that start of the run sends losses."""
    wait_until(lambda: any(event.kind == "loss" and event.start == start for event in events_of(number)), LIMIT_S)


def count_results() -> int:
    with session_scope() as session:
        return session.connection().exec_driver_sql("select count(*) from result").scalar_one()


def starts_of(number: int) -> int:
    return sum(event.kind == "start" for event in events_of(number))


def assert_finished_once(number: int, starts: int) -> None:
    """The run is done, has one result, and that is of its last start, told from its beginning to its end."""
    wait_until(lambda: standing_of(number).state in ENDED, LIMIT_S)
    assert standing_of(number).state is State.DONE
    wait_until(lambda: events_of(number)[-1].kind == "end", 5)
    last = [event for event in events_of(number) if event.start == starts]
    assert len(results_of(number)) == 1
    assert starts_of(number) == starts
    assert [event.kind for event in last if event.kind == "epoch"] == ["epoch"] * LONG["epochs"]
    assert max(event.start for event in events_of(number)) == starts


def test_a_run_whose_worker_is_killed_is_finished_by_another_with_one_result(on_either: Service) -> None:
    first = on_either.worker()
    number = queue(**LONG)
    wait_for_training(number, start=1)
    (child,) = run_children_of(first.pid)
    on_either.worker()

    first.kill()

    wait_until(lambda: not is_alive(child), 5)
    assert_finished_once(number, starts=2)


def test_a_run_survives_its_worker_and_the_web_killed_twice_in_a_row(running: Service) -> None:
    web, worker = running.web(free_port()), running.worker()
    number = queue(**LONG)
    wait_for_training(number, start=1)
    web.kill()
    worker.kill()
    web, worker = running.web(free_port()), running.worker()
    wait_for_training(number, start=2)
    web.kill()
    worker.kill()
    running.worker()

    assert_finished_once(number, starts=3)


def test_a_run_that_loses_its_worker_three_times_is_given_up_as_crashed(running: Service) -> None:
    number = queue(**LONG)
    kill_worker_in_start(running, number, 1)
    kill_worker_in_start(running, number, 2)
    kill_worker_in_start(running, number, 3)
    running.worker()

    outcome = wait_until(lambda: standing_of(number).outcome, LIMIT_S)

    assert outcome is Outcome.CRASHED
    assert "three times" in str(standing_of(number).message)
    assert starts_of(number) == 3
    assert results_of(number) == []


def kill_worker_in_start(running: Service, number: int, start: int) -> None:
    worker = running.worker()
    wait_for_training(number, start)
    worker.kill()
    worker.wait()


def test_a_frozen_worker_that_wakes_up_later_neither_adds_a_result_nor_mixes_the_story(on_either: Service) -> None:
    frozen = on_either.worker()
    number = queue(**LONG)
    wait_for_training(number, start=1)
    frozen.send_signal(signal.SIGSTOP)
    on_either.worker()
    wait_for_training(number, start=2)
    last_of_first = max(event.seq for event in events_of(number) if event.start == 1)

    frozen.send_signal(signal.SIGCONT)

    assert_finished_once(number, starts=2)
    wait_until(lambda: run_children_of(frozen.pid) == [], 30)
    assert max(event.seq for event in events_of(number) if event.start == 1) == last_of_first
    assert run_of(number).outcome == "ok"


def test_a_worker_that_is_stopped_hands_its_run_back_at_once_and_that_counts_as_no_crash(on_either: Service) -> None:
    first = on_either.worker()
    number = queue(**LONG)
    wait_for_training(number, start=1)
    (child,) = run_children_of(first.pid)

    first.terminate()

    assert first.wait(timeout=20) == 0
    wait_until(lambda: not is_alive(child), 2)
    assert standing_of(number).state is State.QUEUED
    assert engine_attempts(number) == 0
    on_either.worker()
    assert_finished_once(number, starts=2)


def engine_attempts(number: int) -> int:
    """Starts that the engine counts towards giving the run up."""
    with session_scope() as session:
        schema = "dbos." if session.get_bind().dialect.name == "postgresql" else ""
        statement = sa.text(f"select recovery_attempts from {schema}workflow_status where workflow_uuid = :id")
        return int(session.connection().execute(statement, {"id": run_of(number).id}).scalar_one())


def test_two_workers_have_different_ids_and_share_the_queue(running: Service) -> None:
    numbers = [queue("amy"), queue("ben"), queue("cho"), queue("dan")]
    running.worker()
    running.worker()
    wait_until(lambda: all(standing_of(number).state is State.DONE for number in numbers), LIMIT_S)

    workers = {run.worker for run in rows(Run)}

    assert len(workers) == 2
    assert [starts_of(number) for number in numbers] == [1, 1, 1, 1]


def test_forty_runs_on_two_workers_with_random_kills_give_forty_results(running: Service) -> None:
    numbers = [queue(f"student-{index % 8}", seed=index, epochs=20, batch_size=8) for index in range(40)]
    chance = random.Random(20261123)
    workers = [running.worker(WARM_START="true"), running.worker(WARM_START="true")]
    killed = sum(kill_in_the_middle(running, workers, chance.randrange(2), numbers) for _ in range(6))
    wait_until(lambda: count_results() >= 40, 400)

    assert killed > 3
    assert all(standing_of(number).outcome is Outcome.OK for number in numbers)
    assert len(rows(Result)) == 40
    assert sum(event_kinds(number).count("end") for number in numbers) == 40
    assert get_jobs().active() == ([], [])
    assert sum(starts_of(number) for number in numbers) > 40


def kill_in_the_middle(
    running: Service, workers: list[subprocess.Popen[bytes]], victim: int, numbers: list[int]
) -> bool:
    """Kill a worker with a run in its hands and start another one; False if there was nothing left to run.

    A run that loses its third worker is given up, rightly: so those that lost one must end before the next is killed.
    """
    wait_until(lambda: not any(starts_of(number) > 1 and not has_ended(number) for number in numbers), LIMIT_S)
    wait_until(lambda: run_children_of(workers[victim].pid) or count_results() == len(numbers), LIMIT_S)
    if len(rows(Result)) == len(numbers):
        return False
    workers[victim].kill()
    workers[victim] = running.worker(WARM_START="true")
    return True


def has_ended(number: int) -> bool:
    """Whether its run has."""
    return standing_of(number).state in ENDED


def event_kinds(number: int) -> list[str]:
    return [event.kind for event in events_of(number)]


def test_nothing_of_a_killed_workers_runs_stays_on_the_machine(running: Service) -> None:
    first = running.worker(WARM_START="true")
    number = queue(**LONG)
    wait_for_training(number, start=1)
    (child,) = run_children_of(first.pid)
    family = [child, *above(child, first.pid)]
    first.kill()
    second = running.worker()
    assert_finished_once(number, starts=2)

    wait_until(lambda: list((running.data_dir / "jobs").glob("*/*")) == [], 30)
    assert len(family) == 3  # the child, its warden, the zygote
    assert not any(is_alive(pid) for pid in family)
    assert run_children_of(second.pid) == []


def above(pid: int, ancestor: int) -> list[int]:
    """The processes between a process and one of its ancestors."""
    parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return [] if parent == ancestor else [parent, *above(parent, ancestor)]
