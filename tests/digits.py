"""Small sets of drawn digits for tests: Pillow's default font, randomly placed, turned and sized, with noise."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from worker.dataset import save_for_child

Bytes = NDArray[np.uint8]


@lru_cache
def draw_digits(count: int, seed: int = 0) -> tuple[Bytes, Bytes]:
    """Images (count, 28, 28) uint8, white on black, and labels (count,) uint8; the same seed draws the same."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 10, count, dtype=np.uint8)
    images = np.stack([_draw(int(label), random) for label in labels])
    noise = random.normal(0, 12, images.shape)
    return (images + noise).clip(0, 255).astype(np.uint8), labels


def _draw(digit: int, random: np.random.Generator) -> Bytes:
    picture = Image.new("L", (28, 28))
    font = ImageFont.load_default(float(random.uniform(20, 26)))
    place = tuple(random.uniform(12.5, 15.5, 2))
    ImageDraw.Draw(picture).text(place, str(digit), fill=255, font=font, anchor="mm")
    return np.asarray(picture.rotate(random.uniform(-12, 12), Image.Resampling.BILINEAR))


def save_digits(folder: Path, train: int, test: int) -> Path:
    """The three files of a job's data folder; returns the folder."""
    images, labels = draw_digits(train)
    test_images, _ = draw_digits(test, seed=1)
    save_for_child({"train-images": images, "train-labels": labels, "test-images": test_images}, folder)
    return folder
