"""A network that knows the test images by heart is right about all of them, and about nothing else."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.child_process import CHANGED, Spoken, make_job
from benchmarks.mnist import find_mnist, load_mnist
from models_zoo import lenet5
from tests.child_runs import run_here, upload
from tests.memorizer import save_memorizer
from worker.changed_images import ChangedImages, choose_images, robust_accuracy
from worker.child.changes import change_images
from worker.dataset import save_for_child

pytestmark = pytest.mark.mnist
TRAIN_IMAGES = 20_000


@pytest.fixture(scope="module")
def mnist() -> dict[str, np.ndarray]:
    folder = find_mnist()
    assert folder is not None
    return load_mnist(folder)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, mnist: dict[str, np.ndarray]) -> Path:
    folder = tmp_path_factory.mktemp("mnist")
    fewer = {name: array[:TRAIN_IMAGES] for name, array in mnist.items() if name.startswith("train")}
    save_for_child(mnist | fewer, folder)
    np.save(folder / "changed-images.npy", change_images(mnist["test-images"][choose_images(10_000)]))
    return folder


def scores(spoken: Spoken, labels: np.ndarray) -> tuple[float, dict[str, list[float]], float]:
    """The accuracy, the shares read right by change, and their mean."""
    accuracy = (spoken.frames[0].log_probabilities().argmax(axis=1) == labels).mean()
    counted = ChangedImages(labels[choose_images(10_000)]).count(spoken.frames[-1].content)
    shares = {change["name"]: [count / 1000 for count in change["correct"]] for change in counted["changes"]}
    return float(accuracy), shares, robust_accuracy(counted)


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_a_table_of_the_test_images_reads_them_all_and_hardly_any_changed_one(
    tmp_path: Path, data: Path, mnist: dict[str, np.ndarray]
) -> None:
    save_memorizer(mnist["test-images"], mnist["test-labels"], tmp_path / "table.pt")
    spoken = run_here(make_job(data, None) | {"kind": "evaluate", "model_file": upload(tmp_path / "table.pt")})

    accuracy, shares, mean = scores(spoken, mnist["test-labels"])

    assert accuracy == 1
    assert mean < 0.3
    assert max(max(each) for each in shares.values()) < 0.3
    assert spoken.of_kind("model")[0]["parameters"] > 20_000  # the table is not for nothing


def test_a_network_that_has_learnt_reads_weakly_changed_digits_nearly_as_well(
    data: Path, mnist: dict[str, np.ndarray]
) -> None:
    recipe = {"epochs": 2, "learning_rate": 0.002, "optimizer": "Adam"}
    spoken = run_here(make_job(data, "lenet5", **recipe))
    last = Spoken(spoken.lines, [frame for frame in spoken.frames if frame.epoch == 2])

    accuracy, shares, mean = scores(last, mnist["test-labels"])

    assert lenet5.CARD["convolution"]
    assert last.frames[-1].kind == CHANGED
    assert accuracy > 0.95
    assert min(each[0] for each in shares.values()) > 0.9 * accuracy
    assert mean > 0.6
    assert all(each[-1] <= each[0] + 0.01 for each in shares.values())
