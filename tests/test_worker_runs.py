"""Runs carried out by a real worker with a real child, on a few hundred drawn digits."""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from app.core.accounts import NewUser, find_user, sign_up
from app.core.blobs import get_blobs
from app.core.database import session_scope
from app.core.jobs import get_jobs
from app.core.outcomes import OUTCOMES, Fault, Outcome
from app.core.runs import State
from app.core.submissions import Request, Weights, create
from tests.service import (
    END_LIMIT_S,
    TEST_IMAGES,
    Service,
    ended,
    events_of,
    is_alive,
    queue,
    results_of,
    run_children_of,
    run_of,
    service,
    service_of_many,
    standing_of,
    wait_until,
    write_tiny_dataset,
)
from worker.sandbox.cell import environment

Busy = tuple[Service, subprocess.Popen[bytes]]


@pytest.fixture
def running(data_dir: Path) -> Iterator[Service]:
    write_tiny_dataset(data_dir)
    with service(data_dir) as started:
        yield started


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[Busy]:
    """A service with a worker that has run other tests' submissions, too."""
    with service_of_many(tmp_path_factory, migrated_sqlite) as started:
        yield started


def submit_weights(content: bytes, model: str = "softmax_regression") -> int:
    with session_scope() as session:
        user = find_user(session, "ma-li") or sign_up(session, NewUser("ma-li", "Ma Li", "a password for tests"))
        weights = Weights(get_blobs().store([content], 1 << 20), "mine.safetensors")
        submission, _ = create(session, get_jobs(), user, Request(model=model, weights=weights), "mnist")
        assert submission.number is not None
        return submission.number


def test_a_submitted_model_is_trained_scored_and_recorded_once(busy: Busy) -> None:
    number = queue(epochs=2)

    assert ended(number) is Outcome.OK

    (result,) = results_of(number)
    assert result.total == TEST_IMAGES
    assert result.correct == np.trace(result.confusion)
    assert result.correct == np.unpackbits(np.frombuffer(result.hits, np.uint8))[:TEST_IMAGES].sum()
    assert [row["epoch"] for row in result.epochs] == [1, 2]
    assert result.epochs[-1]["accuracy"] == result.correct / result.total
    assert result.steps == len(np.frombuffer(result.losses, "<f4")) == 20
    assert result.parameters == 7850
    assert get_blobs().size_bytes(str(result.weights_sha256)) > 7850 * 4
    run = run_of(number)
    assert run.versions is not None
    assert set(run.versions) >= {"python", "torch"}
    assert run.isolation == "namespaces"


def test_the_story_of_a_run_tells_each_step_once_and_in_order(busy: Busy) -> None:
    number = queue(epochs=2)
    ended(number)
    wait_until(lambda: events_of(number)[-1].kind == "end", 5)

    events = events_of(number)

    losses = [loss for event in events if event.kind == "loss" for loss in event.data["losses"]]
    kinds = [event.kind for event in events if event.kind not in ("loss", "log")]
    assert len(losses) == 20
    assert kinds == ["start", "model", "detected", "testing", "epoch", "testing", "epoch", "analysis", "end"]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))


def test_the_state_goes_from_queued_to_done(running: Service) -> None:
    number = queue()
    before = standing_of(number).state
    running.worker()
    ended(number)

    assert before is State.QUEUED
    assert standing_of(number).state is State.DONE


def test_weights_that_fit_are_scored_without_training(busy: Busy) -> None:
    number = submit_weights(
        save(
            {
                "classifier.1.weight": np.zeros((10, 784), np.float32),
                "classifier.1.bias": np.eye(10, dtype=np.float32)[3],
            }
        )
    )

    assert ended(number) is Outcome.OK

    (result,) = results_of(number)
    assert result.predictions == bytes([3]) * TEST_IMAGES
    assert result.correct == TEST_IMAGES / 10
    assert result.steps == 0
    assert result.weights_sha256 is None


def test_weights_that_do_not_fit_name_the_tensor_and_both_shapes(busy: Busy) -> None:
    number = submit_weights(
        save({"classifier.1.weight": np.zeros((10, 700), np.float32), "classifier.1.bias": np.zeros(10, np.float32)})
    )

    assert ended(number) is Outcome.BAD_FILE

    message = str(standing_of(number).message)
    assert "classifier.1.weight" in message
    assert "784" in message
    assert "700" in message


def test_a_corrupt_weights_file_is_the_submitters_to_mend(busy: Busy) -> None:
    number = submit_weights((100).to_bytes(8, "little") + b"{" + b"x" * 120)

    assert ended(number) is Outcome.BAD_FILE
    assert OUTCOMES[Outcome.BAD_FILE].fault is Fault.SUBMITTER


def test_a_learning_rate_that_explodes_ends_as_diverged_with_the_step(busy: Busy) -> None:
    number = queue(learning_rate=10, weight_decay=1, epochs=20)

    assert ended(number) is Outcome.DIVERGED

    message = standing_of(number).message
    assert message is not None
    assert message.values["step"] >= 1
    assert str(message.values["step"]) in str(message)
    assert results_of(number) == []


def test_a_run_over_its_time_is_stopped_and_says_so(running: Service) -> None:
    running.worker(RUN_TIME_LIMIT_S="6")
    number = queue(model="yannet", epochs=20)

    assert ended(number) is Outcome.TIMED_OUT
    assert "6 seconds" in str(standing_of(number).message)


def test_a_memory_limit_into_which_torch_does_not_fit_is_our_fault(running: Service) -> None:
    running.worker(MEMORY_LIMIT_BYTES=str(100 << 20))
    number = queue()

    assert ended(number) is Outcome.INTERNAL
    assert "did not say a word" in running.logs()


def test_cancelling_a_running_submission_kills_its_child_within_two_seconds(busy: Busy) -> None:
    _, worker = busy
    number = queue(model="yannet", epochs=20)
    wait_until(lambda: standing_of(number).state is State.TRAINING, END_LIMIT_S)
    (child,) = run_children_of(worker.pid)

    cancelled_at = time.monotonic()
    get_jobs().cancel(run_of(number).id)
    wait_until(lambda: not is_alive(child), 10, interval_s=0.01)

    assert time.monotonic() - cancelled_at < 2
    assert standing_of(number).outcome is Outcome.CANCELLED
    assert results_of(number) == []


def test_a_worker_goes_on_with_the_next_run_after_a_cancelled_one(busy: Busy) -> None:
    first, second = queue(model="yannet", epochs=20), queue()
    wait_until(lambda: standing_of(first).state is State.TRAINING, END_LIMIT_S)
    get_jobs().cancel(run_of(first).id)

    assert ended(second) is Outcome.OK


def test_a_cancelled_queued_run_never_starts(running: Service) -> None:
    number, other = queue(), queue()
    get_jobs().cancel(run_of(number).id)
    running.worker()
    ended(other)

    assert events_of(number) == []
    assert standing_of(number).state is State.CANCELLED


def test_a_file_that_we_lost_is_our_fault_and_says_so(running: Service) -> None:
    number = submit_weights(b"will be lost")
    for blob in (running.data_dir / "blobs").rglob("*"):
        if blob.is_file():
            blob.unlink()
    running.worker()

    assert ended(number) is Outcome.INTERNAL

    assert OUTCOMES[Outcome.INTERNAL].fault is Fault.OURS
    assert run_of(number).detail is None
    assert "FileNotFoundError" in running.logs()


def test_the_child_sees_nothing_of_our_environment_and_leaves_nothing_behind(busy: Busy) -> None:
    running, worker = busy
    number = queue(model="yannet", epochs=20)
    wait_until(lambda: standing_of(number).state is State.TRAINING, END_LIMIT_S)
    (child,) = run_children_of(worker.pid)

    seen = Path(f"/proc/{child}/environ").read_bytes().decode().rstrip("\0").split("\0")
    folders = list((running.data_dir / "jobs").glob("*/*"))
    get_jobs().cancel(run_of(number).id)
    wait_until(lambda: not is_alive(child), 10)

    assert {entry.partition("=")[0] for entry in seen} == set(environment("/", 1))
    assert "a key for tests only" not in " ".join(seen)
    assert len(folders) == 1
    wait_until(lambda: not folders[0].exists(), 5)


def test_the_childs_folder_holds_no_test_labels(running: Service) -> None:
    (folder,) = (running.data_dir / "child").iterdir()

    assert sorted(path.name for path in folder.iterdir()) == [
        "changed-images.npy",
        "test-images.npy",
        "train-images.npy",
        "train-labels.npy",
    ]


def test_the_engine_keeps_a_runs_report_as_json_and_pickles_nothing(busy: Busy) -> None:
    number = queue()
    ended(number)

    with session_scope() as session:
        connection = session.connection()
        outputs = connection.exec_driver_sql("select output, serialization from operation_outputs").all()
        inputs = connection.exec_driver_sql("select serialization from workflow_status").scalars().all()

    assert {serialization for _, serialization in outputs} | set(inputs) == {"portable_json"}
    assert any(json.loads(output)["outcome"] == "ok" for output, _ in outputs if output and '"outcome"' in output)


def test_a_worker_without_a_database_says_what_to_do(running: Service) -> None:
    worker = running.worker(DATABASE_URL=f"sqlite:///{running.data_dir / 'empty.sqlite'}")

    assert worker.wait(timeout=30) == 1
    assert "mnist-benchmark migrate" in running.logs()


def test_a_worker_without_mnist_says_where_it_looked(running: Service) -> None:
    empty = running.data_dir / "nothing here"
    empty.mkdir()
    worker = running.worker(DATA_DIR=str(empty), MNIST_DIR=str(empty), DATABASE_URL=database_url(running))

    assert worker.wait(timeout=30) == 1
    assert str(empty) in running.logs()


def database_url(running: Service) -> str:
    return f"sqlite:///{running.data_dir / 'board.sqlite'}"


def test_an_idle_worker_stops_at_sigterm_and_leaves(running: Service) -> None:
    worker = running.worker()
    wait_until(lambda: "worker ready" in running.logs(), 30)
    worker.terminate()

    assert worker.wait(timeout=15) == 0
    with session_scope() as session:
        assert session.connection().exec_driver_sql("select count(*) from heartbeat").scalar() == 0


def test_uploads_are_read_by_the_child_only(busy: Busy) -> None:
    """The worker's own modules import neither torch nor safetensors."""
    running, worker = busy
    wait_until(lambda: "worker ready" in running.logs(), 30)

    maps = Path(f"/proc/{worker.pid}/maps").read_text()

    assert "torch" not in maps
    assert "safetensors" not in maps
