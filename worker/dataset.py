"""Finds or fetches MNIST, checks it, and prepares the child's copy, in which there are no test labels."""

import fcntl
import hashlib
import os
import shutil
import socket
import stat
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

import numpy as np
import numpy.typing as npt
import structlog

from app.core.settings import CHECKOUT, Settings
from worker.changed_images import ChangedImages, prepare_changed_images
from worker.practice import draw_practice_set

log = structlog.get_logger()

Images = npt.NDArray[np.uint8]

# Published with the data set; torchvision checks the same sums of the compressed files.
MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
IDX_IMAGES, IDX_LABELS = 0x0803, 0x0801
DOWNLOAD_SILENCE_S = 30.0
CHILD_ARRAYS = ("train-images", "train-labels", "test-images")
ARRAYS = (*CHILD_ARRAYS, "test-labels")


class DatasetMissing(Exception):
    """MNIST is neither on disk nor to be downloaded."""


@dataclass(frozen=True)
class Dataset:
    """A data set ready for runs: the folder that the child may read, and the labels that it may not.

    `test_labels`: (M,) uint8. `changed`: the changed test images, None where there are none. `sha256`: of all of it.
    """

    name: str
    child_dir: Path
    test_labels: npt.NDArray[np.uint8]
    train_size: int
    changed: ChangedImages | None = None
    sha256: str | None = None


def find_mnist(settings: Settings) -> Path | None:
    """The folder that holds the four IDX files, each with the right md5 sum; None if there is none.

    Looks in MNIST_DIR if set, else in DATA_DIR, `data/` and `../shared/mnist` beside the checkout (DESIGN.md 10).
    """
    if settings.mnist_dir is not None:
        places = [settings.mnist_dir]
    else:
        places = [settings.data_dir, CHECKOUT / "data", CHECKOUT.parent / "shared" / "mnist"]
    for place in places:
        for folder in (place / "MNIST" / "raw", place):
            if _is_mnist(folder):
                return folder
    return None


def _is_mnist(folder: Path) -> bool:
    if not all((folder / name).is_file() for name in MD5):
        return False
    wrong = [name for name, md5 in MD5.items() if _md5(folder / name) != md5]
    if wrong:
        log.warning("mnist files are damaged and not used", folder=str(folder), files=wrong)
    return not wrong


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def find_or_download_mnist(settings: Settings) -> Path:
    """The folder of the four files, downloaded by torchvision into DATA_DIR if need be.

    Raises:
        DatasetMissing: neither found nor to be had.
    """
    found = find_mnist(settings)
    if found is not None:
        return found
    if settings.mnist_dir is not None:
        raise DatasetMissing(
            f"MNIST_DIR={settings.mnist_dir} does not hold the four MNIST files with the right md5 sums"
        )
    log.info("downloading mnist", to=str(settings.data_dir))
    from torchvision.datasets import MNIST  # here, because torch takes seconds and a found set needs none of it

    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(DOWNLOAD_SILENCE_S)  # torchvision sets none, and a dead connection would hang the start
    try:
        MNIST(str(settings.data_dir), download=True)
    except (RuntimeError, URLError, OSError) as error:
        raise DatasetMissing(f"MNIST is not on this machine and cannot be downloaded: {error}") from error
    finally:
        socket.setdefaulttimeout(before)
    downloaded = find_mnist(settings)
    if downloaded is None:
        raise DatasetMissing(f"the downloaded files in {settings.data_dir} have wrong md5 sums")
    return downloaded


def prepare(settings: Settings) -> Dataset:
    """The data set of this service (`settings.dataset`), with the child's copy made at the first call.

    Raises:
        DatasetMissing: MNIST is wanted and cannot be had.
    """
    target = settings.data_dir / "child" / settings.dataset
    labels_path = settings.data_dir / "labels" / f"{settings.dataset}.npy"
    with _one_at_a_time(settings.data_dir / "prepare.lock"):
        if not (labels_path.exists() and target.is_dir()):
            _write_copy(_arrays(settings), target, labels_path)
        changed = _changed_images(target, labels_path)
        sha256 = _sha256_of_copy(target, labels_path)
    open_to_children(target)
    let_through(target, settings.data_dir)
    train_size = len(np.load(target / "train-labels.npy", mmap_mode="r"))
    return Dataset(settings.dataset, target, np.load(labels_path), train_size, changed, sha256)


def _changed_images(target: Path, labels_path: Path) -> ChangedImages | None:
    """What cannot be changed is not measured: no reason for a worker not to start."""
    try:
        return prepare_changed_images(target, labels_path)
    except (subprocess.SubprocessError, OSError) as error:
        log.error("the changed test images cannot be made; robustness is not measured", reason=str(error))
        return None


def _sha256_of_copy(target: Path, labels_path: Path) -> str:
    """Of the prepared copy, computed once and kept beside the labels."""
    kept = labels_path.with_suffix(".sha256")
    if not kept.exists():
        arrays = {name: np.load(target / f"{name}.npy") for name in CHILD_ARRAYS}
        kept.write_text(data_sha256(arrays | {"test-labels": np.load(labels_path)}), "utf-8")
    return kept.read_text("utf-8")


def _arrays(settings: Settings) -> dict[str, Images]:
    return draw_practice_set() if settings.dataset == "practice" else read_mnist(find_or_download_mnist(settings))


def read_mnist(folder: Path) -> dict[str, Images]:
    """The four arrays of the folder with the IDX files: images (N, 28, 28) and labels (N,), uint8."""
    return {
        "train-images": read_idx(folder / "train-images-idx3-ubyte"),
        "train-labels": read_idx(folder / "train-labels-idx1-ubyte"),
        "test-images": read_idx(folder / "t10k-images-idx3-ubyte"),
        "test-labels": read_idx(folder / "t10k-labels-idx1-ubyte"),
    }


def data_sha256(arrays: Mapping[str, Images]) -> str:
    """The fingerprint of a data set, in hex: sha256 over the bytes of `ARRAYS` in that order, without their headers.

    `arrays`: as `read_mnist` returns them. Of IDX files these are the bytes behind the header, so that anyone who has
    MNIST can compute it.
    """
    digest = hashlib.sha256()
    for name in ARRAYS:
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()


def save_for_child(arrays: Mapping[str, Images], folder: Path) -> None:
    """Write what a child may read of a data set: three of the four arrays, the test labels never."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in CHILD_ARRAYS:
        np.save(folder / f"{name}.npy", arrays[name])


def let_through(folder: Path, top: Path) -> None:
    """Let any user pass through a folder and those above it up to `top`, without seeing what is in them.

    Where the worker is root, its children are other users. What lies there is closed by its own mode.
    """
    for passed in (folder, *folder.parents):
        if not passed.is_relative_to(top):
            break
        passed.chmod(stat.S_IMODE(passed.stat().st_mode) | 0o011)


def open_to_children(folder: Path) -> None:
    """Let any user read it who can get there."""
    folder.chmod(0o755)
    for path in folder.glob("*.npy"):
        path.chmod(0o644)


def _write_copy(arrays: dict[str, Images], target: Path, labels_path: Path) -> None:
    """Labels first, then the child's folder by one rename: a half-made copy is never taken for a whole one."""
    labels_path.parent.mkdir(parents=True, exist_ok=True)
    np.save(labels_path, arrays["test-labels"])
    labels_path.with_suffix(".sha256").unlink(missing_ok=True)
    draft = target.with_name(target.name + ".draft")
    save_for_child(arrays, draft)
    shutil.rmtree(target, ignore_errors=True)  # a copy whose labels were lost
    draft.rename(target)


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """Two workers that start at once on one machine: the second waits and finds the copy made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def read_idx(path: Path) -> Images:
    """An IDX file of images (N, 28, 28) or labels (N,), uint8, uncompressed. Format: LeCun's MNIST page."""
    content = path.read_bytes()
    magic = int.from_bytes(content[:4], "big")
    dimensions = {IDX_IMAGES: 3, IDX_LABELS: 1}[magic]
    shape = np.frombuffer(content, ">u4", dimensions, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape([int(size) for size in shape])
