"""The practice board's digits, drawn here: Pillow's own font, a random affine change, blur and noise.

They are no MNIST and never mixed with it; they let a class start where MNIST can be neither found nor downloaded.
"""

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter, ImageFont

TRAIN_IMAGES, TEST_IMAGES = 6_000, 1_000
SIZE = 28
SEED = 20_211_103

Array = npt.NDArray[np.uint8]


def draw_practice_set(train: int = TRAIN_IMAGES, test: int = TEST_IMAGES, seed: int = SEED) -> dict[str, Array]:
    """Images (N, 28, 28) and labels (N,), uint8, the same for the same seed; classes in equal parts."""
    random = np.random.default_rng(seed)
    train_images, train_labels = _draw_many(train, random)
    test_images, test_labels = _draw_many(test, random)
    return {
        "train-images": train_images,
        "train-labels": train_labels,
        "test-images": test_images,
        "test-labels": test_labels,
    }


def _draw_many(count: int, random: np.random.Generator) -> tuple[Array, Array]:
    labels = random.permutation(np.arange(count) % 10).astype(np.uint8)
    return np.stack([draw_digit(int(label), random) for label in labels]), labels


def draw_digit(digit: int, random: np.random.Generator) -> Array:
    """One (28, 28) uint8 image of a digit, white on black."""
    canvas = Image.new("L", (SIZE, SIZE))
    font = ImageFont.load_default(size=int(random.integers(18, 25)))
    ImageDraw.Draw(canvas).text((SIZE / 2, SIZE / 2), str(digit), fill=255, font=font, anchor="mm")
    moved = canvas.transform(
        (SIZE, SIZE), Image.Transform.AFFINE, _random_affine(random), resample=Image.Resampling.BILINEAR
    )
    blurred = moved.filter(ImageFilter.GaussianBlur(float(random.uniform(0.3, 1.0))))
    noisy = np.asarray(blurred, dtype=np.float64) + random.normal(0, 12, (SIZE, SIZE))
    return noisy.clip(0, 255).astype(np.uint8)


def _random_affine(random: np.random.Generator) -> tuple[float, ...]:
    """Pillow's six numbers: rotation up to 20°, shear, scale 0.8 to 1.2 and a shift of up to 3 pixels."""
    angle, shear = np.deg2rad(random.uniform(-20, 20)), random.uniform(-0.25, 0.25)
    scale = random.uniform(0.8, 1.2)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    matrix = turn @ np.array([[1, shear], [0, 1]]) / scale
    center = np.array([SIZE / 2, SIZE / 2])
    offset = center - matrix @ (center + random.uniform(-3, 3, 2))
    return (*matrix[0].tolist(), float(offset[0]), *matrix[1].tolist(), float(offset[1]))
