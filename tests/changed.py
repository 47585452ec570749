"""Changed test images for tests that are not about them: the test images as they are, as often as there are changes.

The real ones take torchvision, which takes seconds. A network reads these as well as the others.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from worker.changed_images import FILE, ChangedImages, choose_images, note_beside, origin_of
from worker.child.strengths import VARIANTS


def save_unchanged(images: NDArray[np.uint8], child_dir: Path, labels_path: Path) -> ChangedImages:
    """Put them where the worker looks for its changed images; the labels (M,) are there already."""
    labels = np.load(labels_path)
    chosen = choose_images(len(labels))
    np.save(child_dir / FILE, np.tile(images[chosen], (VARIANTS, 1, 1)))
    note_beside(labels_path).write_text(origin_of(chosen), "utf-8")
    return ChangedImages(labels[chosen])
