"""The changed test images: what they are, which ones, and what is counted of the answers."""

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import structlog.testing

from tests.digits import draw_digits
from worker import changed_images
from worker.changed_images import ChangedImages, choose_images, prepare_changed_images, robust_accuracy
from worker.child.changes import change_images
from worker.child.strengths import CHANGES, VARIANTS
from worker.dataset import ARRAYS, Dataset, data_sha256, save_for_child
from worker.practice import draw_practice_set

DIGITS = 20


@pytest.fixture(scope="module")
def original() -> np.ndarray:
    return draw_digits(DIGITS)[0]


@pytest.fixture(scope="module")
def changed(original: np.ndarray) -> dict[str, np.ndarray]:
    """By name of the change: (4, DIGITS, 28, 28)."""
    made = change_images(original).reshape(len(CHANGES), -1, DIGITS, 28, 28)
    return {change.name: images for change, images in zip(CHANGES, made, strict=True)}


def ink(images: np.ndarray) -> np.ndarray:
    """The sum of the pixels of each image."""
    return images.astype(float).sum(axis=(-2, -1))


def test_there_are_seven_changes_of_four_strengths_from_weak_to_strong() -> None:
    assert [change.name for change in CHANGES] == [
        "shifted", "rotated", "scaled", "thickened", "thinned", "noisy", "blurred",
    ]  # fmt: skip
    assert all(len(change.strengths) == 4 for change in CHANGES)
    assert all(
        list(change.strengths) in (sorted(change.strengths), sorted(change.strengths)[::-1]) for change in CHANGES
    )


def test_the_same_images_are_changed_in_the_same_way_every_time(original: np.ndarray) -> None:
    first, second = change_images(original), change_images(original)

    assert first.dtype == np.uint8
    assert np.array_equal(first, second)


def test_no_image_stays_as_it_was(original: np.ndarray, changed: dict[str, np.ndarray]) -> None:
    differs = [(images != original).any(axis=(2, 3)).all() for images in changed.values()]

    assert all(differs)


@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_a_shifted_image_is_the_same_image_elsewhere(
    original: np.ndarray, changed: dict[str, np.ndarray], step: int
) -> None:
    padded = np.pad(original, ((0, 0), (4, 4), (4, 4)))
    places = [(4 + down * step, 4 + across * step) for down in (-1, 0, 1) for across in (-1, 0, 1) if down or across]
    moved = np.stack([padded[:, down : down + 28, across : across + 28] for down, across in places])

    found = (moved == changed["shifted"][step - 1]).all(axis=(2, 3))

    assert found.any(axis=0).all()
    assert found.any(axis=1).sum() > 3  # not all in one direction


def test_stronger_changes_change_more(original: np.ndarray, changed: dict[str, np.ndarray]) -> None:
    for name in ("scaled", "thickened", "noisy", "blurred"):
        distances = np.abs(changed[name].astype(float) - original).mean(axis=(1, 2, 3))
        assert np.all(np.diff(distances) > 0), name


def test_thick_digits_have_more_ink_and_thin_and_small_ones_less(
    original: np.ndarray, changed: dict[str, np.ndarray]
) -> None:
    assert np.all(ink(changed["thickened"]) > ink(original))
    assert np.all(ink(changed["thinned"]) < ink(original))
    assert np.all(ink(changed["scaled"]).mean(axis=1)[1:] < ink(original).mean())


def test_a_thin_digit_is_as_bright_as_it_was(changed: dict[str, np.ndarray]) -> None:
    assert changed["thinned"].max(axis=(2, 3)).min() > 150


def test_noise_has_the_deviation_that_it_says(changed: dict[str, np.ndarray]) -> None:
    dark = np.zeros((50, 28, 28), np.uint8) + 128
    noisy = change_images(dark).reshape(len(CHANGES), 4, -1)[5]

    assert np.std(noisy[:2] / 255, axis=1) == pytest.approx([0.1, 0.2], rel=0.03)


def test_at_most_a_thousand_images_are_chosen_always_the_same_and_each_once() -> None:
    chosen = choose_images(10_000)

    assert len(set(chosen)) == len(chosen) == 1000
    assert chosen == choose_images(10_000)
    assert choose_images(30) == list(range(30))


def test_answers_are_counted_by_change_and_strength() -> None:
    labels = np.array([3, 1, 4], np.uint8)
    answers = np.full((VARIANTS, 3), 255, np.uint8)
    answers[0] = [3, 1, 4]
    answers[1] = [3, 1, 9]
    answers[27] = [0, 0, 4]

    found = ChangedImages(labels).count(answers.tobytes())

    assert found["total"] == 3
    assert found["changes"][0] == {"name": "shifted", "unit": "px", "strengths": [1, 2, 3, 4], "correct": [3, 2, 0, 0]}
    assert found["changes"][6]["correct"] == [0, 0, 0, 1]
    assert robust_accuracy(found) == pytest.approx((1 + 2 / 3 + 1 / 3) / 28)
    json.dumps(found)


@pytest.fixture
def prepared(tmp_path: Path) -> tuple[Path, Path]:
    """A child's folder and the file of the labels, as they were before there were changed images."""
    arrays = draw_practice_set(30, 40)
    save_for_child(arrays, tmp_path / "child")
    np.save(tmp_path / "labels.npy", arrays["test-labels"])
    return tmp_path / "child", tmp_path / "labels.npy"


def test_a_folder_prepared_before_gets_its_changed_images_and_no_labels(prepared: tuple[Path, Path]) -> None:
    found = prepare_changed_images(*prepared)

    images = np.load(prepared[0] / "changed-images.npy")
    assert images.shape == (VARIANTS * 40, 28, 28)
    assert len(found) == len(images)
    assert found.labels.tolist() == np.load(prepared[1]).tolist()
    assert sorted(path.name for path in prepared[0].iterdir()) == [
        "changed-images.npy", "test-images.npy", "train-images.npy", "train-labels.npy",
    ]  # fmt: skip


def test_they_are_made_once_and_again_when_the_changes_differ(
    prepared: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []
    monkeypatch.setattr(changed_images, "_make", lambda _images, target: (made.append(target), target.touch()))

    prepare_changed_images(*prepared)
    prepare_changed_images(*prepared)
    once = len(made)
    monkeypatch.setattr(changed_images, "SEED", 7)
    prepare_changed_images(*prepared)

    assert (once, len(made)) == (1, 2)


def test_a_worker_that_cannot_make_them_starts_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.core.settings import Settings
    from worker import dataset

    def fail(*_given: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(changed_images, "_make", fail)
    monkeypatch.setattr(dataset, "draw_practice_set", lambda: draw_practice_set(30, 20))
    with structlog.testing.capture_logs() as logs:
        found: Dataset = dataset.prepare(Settings(data_dir=tmp_path, dataset="practice"))

    assert found.changed is None
    assert any("no space left" in str(entry.get("reason")) for entry in logs)


def test_images_of_other_changes_are_not_left_where_new_ones_cannot_be_made(
    prepared: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(changed_images, "_make", lambda _images, target: target.touch())
    prepare_changed_images(*prepared)
    monkeypatch.setattr(changed_images, "_make", fail)
    monkeypatch.setattr(changed_images, "SEED", 7)

    with pytest.raises(OSError, match="no space"):
        prepare_changed_images(*prepared)

    assert not (prepared[0] / "changed-images.npy").exists()


def test_images_without_a_note_are_not_left_either(
    prepared: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    (prepared[0] / "changed-images.npy").write_bytes(b"of another version")
    monkeypatch.setattr(changed_images, "MAKING_LIMIT_S", 0.01)

    with pytest.raises(subprocess.TimeoutExpired):
        prepare_changed_images(*prepared)

    names = ["test-images.npy", "train-images.npy", "train-labels.npy"]
    assert sorted(path.name for path in prepared[0].iterdir()) == names


def test_a_worker_starts_without_them_when_making_them_takes_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.core.settings import Settings
    from worker import dataset

    monkeypatch.setattr(changed_images, "MAKING_LIMIT_S", 0.01)
    monkeypatch.setattr(dataset, "draw_practice_set", lambda: draw_practice_set(30, 20))

    found: Dataset = dataset.prepare(Settings(data_dir=tmp_path, dataset="practice"))

    assert found.changed is None


def test_the_fingerprint_of_a_data_set_covers_every_pixel_and_label() -> None:
    arrays = draw_practice_set(30, 20)
    whole = data_sha256(arrays)
    others = set()
    for name in ARRAYS:
        changed_array = arrays[name].copy()
        changed_array.flat[-1] ^= 1
        others.add(data_sha256(arrays | {name: changed_array}))

    assert whole == data_sha256(dict(reversed(arrays.items())))
    assert len(others - {whole}) == 4


@pytest.mark.mnist
def test_the_fingerprint_of_mnist_is_that_of_its_files_without_their_headers() -> None:
    import hashlib

    from benchmarks.mnist import find_mnist, load_mnist

    folder = find_mnist()
    assert folder is not None
    names = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
    headers = (16, 8, 16, 8)
    content = b"".join((folder / name).read_bytes()[size:] for name, size in zip(names, headers, strict=True))

    assert data_sha256(load_mnist(folder)) == hashlib.sha256(content).hexdigest()
