"""The test images and their labels as pages show them. Trusted code only: a child never sees these labels.

The worker prepares both (`worker/dataset.py`); until it has, there is nothing to show.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.core.settings import get_settings

MARK_LENGTH = 8


@dataclass(frozen=True, eq=False)
class LabelledImages:
    """The test set. `images`: (M, 28, 28) uint8, `labels`: (M,) uint8. `mark` changes when the images do."""

    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.uint8]
    mark: str

    def __len__(self) -> int:
        return len(self.labels)


def is_foreign(dataset: str) -> bool:
    """Whether a data set is not this service's own: of a result on it, it has neither images nor labels."""
    return dataset != get_settings().dataset


def find_test_set_of(dataset: str) -> LabelledImages | None:
    """The test set that results on this data set are of; None where it is another one than this service's."""
    return None if is_foreign(dataset) else find_test_set()


def find_test_set() -> LabelledImages | None:
    """The test set of this service's data set; None where no worker has prepared it yet."""
    settings = get_settings()
    images = settings.data_dir / "child" / settings.dataset / "test-images.npy"
    labels = settings.data_dir / "labels" / f"{settings.dataset}.npy"
    try:
        return _load(images, labels, images.stat().st_mtime_ns, labels.stat().st_mtime_ns)
    except (OSError, ValueError):
        # Missing, or just being written.
        return None


@lru_cache(maxsize=2)
def _load(images_path: Path, labels_path: Path, *_changed_ns: int) -> LabelledImages:
    images = np.load(images_path, mmap_mode="r", allow_pickle=False)
    labels = np.load(labels_path, allow_pickle=False)
    if images.shape[1:] != (28, 28) or labels.shape != images.shape[:1]:
        raise ValueError(f"{len(images)} test images of {images.shape[1:]} and {len(labels)} labels do not match")
    return LabelledImages(images, labels, hashlib.sha256(images).hexdigest()[:MARK_LENGTH])
