"""What a real worker records beside the score."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from app.core.accounts import find_user
from app.core.blobs import get_blobs
from app.core.database import session_scope
from app.core.jobs import get_jobs
from app.core.outcomes import Outcome
from app.core.sentences import Sentence
from app.core.submissions import ModelFile, Request, Weights, create, find, start_run
from app.core.tables import Result, Run
from app.core.version import app_version
from tests.service import (
    TEST_IMAGES,
    TRAIN_IMAGES,
    Service,
    ended,
    queue,
    results_of,
    rows,
    run_of,
    service,
    service_of_many,
    wait_until,
    write_tiny_dataset,
)
from worker.dataset import data_sha256
from worker.practice import draw_practice_set


@pytest.fixture(scope="module", autouse=True)
def busy(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[None]:
    """One worker for all tests here but the one that has its own."""
    with service_of_many(tmp_path_factory, migrated_sqlite):
        yield


@pytest.fixture
def running(data_dir: Path) -> Iterator[Service]:
    write_tiny_dataset(data_dir)
    with service(data_dir) as started:
        yield started


def test_a_trained_model_is_analyzed() -> None:
    number = queue(epochs=1)

    assert ended(number) is Outcome.OK

    (result,) = results_of(number)
    assert (result.flops, result.has_convolution, result.unmeasured) == (2 * 7840, False, None)
    assert result.latency_one_ms is not None
    assert result.latency_thousand_ms is not None
    assert 0 < result.latency_one_ms < result.latency_thousand_ms
    assert result.size_bytes == get_blobs().size_bytes(str(result.weights_sha256))
    assert result.data_sha256 == data_sha256(draw_practice_set(TRAIN_IMAGES, TEST_IMAGES))
    # The changed images of these tests are the test images themselves: each is read as before.
    assert result.robustness is not None
    assert {count for change in result.robustness["changes"] for count in change["correct"]} == {result.correct}
    assert result.robust_accuracy == pytest.approx(result.correct / result.total)
    assert (run_of(number).versions or {})["mnist-benchmark"] == app_version()


def test_without_changed_images_the_rest_is_measured_and_the_reason_is_said(running: Service) -> None:
    (running.data_dir / "child" / "mnist" / "changed-images.npy").unlink()
    number = queue(epochs=1)
    running.worker(PYTHONPATH=str(broken_torchvision(running.data_dir)))

    assert ended(number) is Outcome.OK

    (result,) = results_of(number)
    assert result.robustness is None
    assert result.robust_accuracy is None
    assert result.flops == 15_680
    assert set(result.unmeasured or {}) == {"robustness"}
    assert "no changed test images" in str(Sentence.from_json((result.unmeasured or {})["robustness"]))


def broken_torchvision(folder: Path) -> Path:
    """A folder on whose path torchvision cannot be imported."""
    place = folder / "broken" / "torchvision"
    place.mkdir(parents=True)
    (place / "__init__.py").write_text("raise OSError('broken')")
    return place.parent


def test_a_repetition_takes_its_own_seed_and_is_otherwise_the_same() -> None:
    number = queue(epochs=1, seed=3)
    with session_scope() as session:
        submission = find(session, number)
        seeds = {start_run(session, get_jobs(), submission, seed).id: seed for seed in (3, 4)}

    def results() -> dict[str, Result]:
        return {result.run_id: result for result in rows(Result)}

    runs = [run for run in rows(Run) if run.submission_id == submission.id]
    wait_until(lambda: results().keys() >= {run.id for run in runs}, 90)

    by_seed = {run.seed: results()[run.id] for run in runs}
    assert set(seeds.values()) | {None} == set(by_seed)
    assert by_seed[None].losses == by_seed[3].losses != by_seed[4].losses


LIAR = """
import gc, torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(784, 10)
        channel = next(value for value in gc.get_objects() if type(value).__name__ == "Channel")
        send = channel.send
        def lie(kind, **values):
            send(kind, **(values | {"parameters": 5} if kind == "model" else values))
        channel.send = lie

    def forward(self, images):
        return self.layer(images.flatten(1))
"""


def test_a_network_cannot_say_that_it_is_smaller_than_what_it_sends() -> None:
    queue(epochs=1)  # makes the student
    with session_scope() as session:
        user = find_user(session, "zhou")
        assert user is not None
        blob = get_blobs().store([LIAR.encode()], 1 << 20)
        asked = Request(model_file=ModelFile(blob, "net.py"), class_name="Net", recipe={"epochs": 1})
        submission, _ = create(session, get_jobs(), user, asked, "mnist")
        number = int(submission.number or 0)

    assert ended(number) is Outcome.OK

    (result,) = results_of(number)
    assert result.parameters == 7850


def test_uploaded_weights_are_as_large_as_their_file() -> None:
    queue(epochs=1)
    content = save(
        {"classifier.1.weight": np.zeros((10, 784), np.float32), "classifier.1.bias": np.zeros(10, np.float32)}
    )
    with session_scope() as session:
        user = find_user(session, "zhou")
        assert user is not None
        weights = Weights(get_blobs().store([content], 1 << 20), "mine.safetensors")
        submission, _ = create(session, get_jobs(), user, Request(model="softmax_regression", weights=weights), "mnist")
        number = int(submission.number or 0)

    assert ended(number) is Outcome.OK

    (result,) = results_of(number)
    assert result.size_bytes == len(content)
    assert result.flops == 15_680
