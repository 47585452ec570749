"""Where MNIST comes from, that it is the real one, and what of it the child may see."""

import hashlib
import threading
from pathlib import Path

import numpy as np
import pytest

from app.core.settings import CHECKOUT, Settings
from worker import changed_images, dataset
from worker.dataset import DatasetMissing, find_mnist, find_or_download_mnist, prepare, read_idx
from worker.practice import draw_practice_set


def write_idx(path: Path, array: np.ndarray) -> None:
    magic = {3: 0x0803, 1: 0x0801}[array.ndim]
    path.write_bytes(b"".join(size.to_bytes(4, "big") for size in (magic, *array.shape)) + array.tobytes())


@pytest.fixture
def small_mnist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with four IDX files that count as the real ones in this test."""
    folder = tmp_path / "given" / "MNIST" / "raw"
    folder.mkdir(parents=True)
    arrays = draw_practice_set(60, 20)
    names = dict(zip(dataset.MD5, ("train-images", "train-labels", "test-images", "test-labels"), strict=True))
    for name, key in names.items():
        write_idx(folder / name, arrays[key])
    md5 = {name: hashlib.md5((folder / name).read_bytes()).hexdigest() for name in names}
    monkeypatch.setattr(dataset, "MD5", md5)
    return tmp_path / "given"


@pytest.fixture(autouse=True)
def quick_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The changed images take torchvision and seconds; `test_changed_images.py` is about them."""
    monkeypatch.setattr(changed_images, "_make", lambda images, target: np.save(target, images))


def settings(tmp_path: Path, mnist_dir: Path | None, **others: str) -> Settings:
    return Settings(data_dir=tmp_path / "data", mnist_dir=mnist_dir, **others)  # type: ignore[arg-type]


def test_an_idx_file_gives_back_the_images_that_were_written(tmp_path: Path) -> None:
    images = draw_practice_set(30, 10)["train-images"]
    write_idx(tmp_path / "images", images)

    assert np.array_equal(read_idx(tmp_path / "images"), images)


def test_mnist_dir_is_taken_with_or_without_the_raw_folder(tmp_path: Path, small_mnist: Path) -> None:
    raw = small_mnist / "MNIST" / "raw"

    assert find_mnist(settings(tmp_path, small_mnist)) == raw
    assert find_mnist(settings(tmp_path, raw)) == raw


def test_a_damaged_file_is_not_taken_for_mnist(tmp_path: Path, small_mnist: Path) -> None:
    images = small_mnist / "MNIST" / "raw" / "t10k-images-idx3-ubyte"
    images.write_bytes(images.read_bytes()[:-1] + b"\x01\x02")

    assert find_mnist(settings(tmp_path, small_mnist)) is None


def test_a_wrong_mnist_dir_is_named_and_nothing_is_downloaded(tmp_path: Path) -> None:
    with pytest.raises(DatasetMissing, match=r"MNIST_DIR=.*nowhere"):
        find_or_download_mnist(settings(tmp_path, tmp_path / "nowhere"))


def test_the_childs_copy_holds_everything_but_the_test_labels(tmp_path: Path, small_mnist: Path) -> None:
    found = prepare(settings(tmp_path, small_mnist))

    assert sorted(path.name for path in found.child_dir.iterdir()) == [
        "changed-images.npy",
        "test-images.npy",
        "train-images.npy",
        "train-labels.npy",
    ]
    assert found.child_dir not in (tmp_path / "data" / "labels").parents
    assert len(found.test_labels) == 20
    assert found.train_size == 60


def test_a_copy_is_made_once_even_by_two_workers_at_once(tmp_path: Path, small_mnist: Path) -> None:
    sizes: list[int] = []
    threads = [
        threading.Thread(target=lambda: sizes.append(prepare(settings(tmp_path, small_mnist)).train_size))
        for _ in range(4)
    ]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert sizes == [60, 60, 60, 60]


def test_the_practice_set_is_the_same_every_time_and_has_all_digits_in_equal_parts() -> None:
    first, second = draw_practice_set(100, 50), draw_practice_set(100, 50)

    assert all(np.array_equal(first[name], second[name]) for name in first)
    assert np.bincount(first["test-labels"]).tolist() == [5] * 10
    assert first["train-images"].shape == (100, 28, 28)
    assert first["train-images"].max() > 200


def test_the_practice_board_needs_no_mnist(tmp_path: Path) -> None:
    found = prepare(settings(tmp_path, tmp_path / "nowhere", dataset="practice"))

    assert found.name == "practice"
    assert (found.train_size, len(found.test_labels)) == (6000, 1000)


@pytest.mark.mnist
def test_the_real_mnist_is_found_and_is_the_real_one(tmp_path: Path) -> None:
    found = prepare(Settings(data_dir=tmp_path / "data"))

    images = np.load(found.child_dir / "train-images.npy", mmap_mode="r")
    assert images.shape == (60_000, 28, 28)
    assert np.mean(images) / 255 == pytest.approx(0.1307, abs=1e-4)
    assert np.bincount(found.test_labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_the_checkout_is_the_folder_with_the_project_file() -> None:
    assert (CHECKOUT / "pyproject.toml").is_file()
