"""Draws what the robustness of a network is measured with: `python -m benchmarks.contact_sheet sheet.png`.

A row for each change at each strength; the digits are the first of the real test set. For a look, not for a figure.
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.mnist import find_mnist, load_mnist
from worker.child.changes import change_images
from worker.child.strengths import VARIANTS

DIGITS = 30
ENLARGED = 2


def draw(images: NDArray[np.uint8]) -> Image.Image:
    """A sheet of images (N, 28, 28): as they are in the first row, then changed."""
    rows = np.concatenate([images[None], change_images(images).reshape(VARIANTS, len(images), 28, 28)])
    sheet = rows.transpose(0, 2, 1, 3).reshape(28 * len(rows), 28 * len(images))
    return Image.fromarray(sheet).resize(
        (sheet.shape[1] * ENLARGED, sheet.shape[0] * ENLARGED), Image.Resampling.NEAREST
    )


def main(target: Path) -> None:
    """Write the sheet as a PNG."""
    mnist = find_mnist()
    if mnist is None:
        raise SystemExit("MNIST is not on this machine.")
    draw(load_mnist(mnist)["test-images"][:DIGITS]).save(target)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
