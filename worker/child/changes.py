"""Makes the changed test images. Trusted code, run once by the worker when it prepares a data set.

`python -m worker.child.changes IMAGES TARGET`: both are .npy files of uint8, (N, 28, 28) and (VARIANTS × N, 28, 28).
In a process of its own, because the worker never loads torch. It lies here because only this folder may import torch.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import max_pool2d
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional

from worker.child.strengths import CHANGES, SEED

# Strokes are two or three pixels wide: to change them by parts of a pixel, they are looked at four times as large.
ENLARGED = 4
MOST_BRIGHTENED = 5.0
BLUR_SIZE = 13  # pixels; holds three standard deviations of the strongest blur to each side
# Whole steps, so that a digit that is only shifted stays as sharp as it was.
DIRECTIONS = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))

Make = Callable[[Tensor, float, np.random.Generator], Tensor]


def change_images(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return all changes of the images (N, 28, 28), first by change, then by strength, then by image; uint8.

    The same images give the same changes: what is random is drawn from a fixed seed.
    """
    pixels = torch.tensor(images).unsqueeze(1).float() / 255
    random = np.random.default_rng(SEED)
    made = [MAKERS[change.name](pixels, strength, random) for change in CHANGES for strength in change.strengths]
    return torch.cat(made).clamp(0, 1).mul(255).round().byte().squeeze(1).numpy()


def _shift(pixels: Tensor, distance: float, random: np.random.Generator) -> Tensor:
    """Each image along one of eight directions, by whole pixels."""
    chosen = random.integers(0, len(DIRECTIONS), len(pixels))
    steps = [(int(across * distance), int(down * distance)) for across, down in DIRECTIONS]
    moved = [_affine(image, 0, steps[place], 1) for image, place in zip(pixels, chosen, strict=True)]
    return torch.stack(moved)


def _rotate(pixels: Tensor, angle: float, random: np.random.Generator) -> Tensor:
    """Each image to the left or to the right."""
    signs = random.choice((-1, 1), len(pixels))
    return torch.stack([_affine(image, angle * sign, (0, 0), 1) for image, sign in zip(pixels, signs, strict=True)])


def _scale(pixels: Tensor, factor: float, _random: np.random.Generator) -> Tensor:
    return _affine(pixels, 0, (0, 0), factor)


def _affine(image: Tensor, angle: float, steps: tuple[int, int], scale: float) -> Tensor:
    is_shift = angle == 0 and scale == 1
    mode = InterpolationMode.NEAREST if is_shift else InterpolationMode.BILINEAR
    moved: Tensor = functional.affine(image, float(angle), list(steps), float(scale), [0.0, 0.0], interpolation=mode)
    return moved


def _thicken(pixels: Tensor, radius: float, _random: np.random.Generator) -> Tensor:
    return _with_large(pixels, lambda large: _dilate(large, round(radius * ENLARGED)))


def _thin(pixels: Tensor, radius: float, _random: np.random.Generator) -> Tensor:
    thin = _with_large(pixels, lambda large: 1 - _dilate(1 - large, round(radius * ENLARGED))).clamp(0, 1)
    # A stroke narrower than a pixel is dim: thinner is meant, not darker.
    brightest, before = (images.amax(dim=(1, 2, 3), keepdim=True) for images in (thin, pixels))
    return thin * (before / brightest.clamp(min=1 / MOST_BRIGHTENED))


def _with_large(pixels: Tensor, change: Callable[[Tensor], Tensor]) -> Tensor:
    """Change enlarged images and shrink them again."""
    side = pixels.shape[-1]
    mode = InterpolationMode.BICUBIC
    large = functional.resize(pixels, [side * ENLARGED] * 2, interpolation=mode, antialias=True).clamp(0, 1)
    small: Tensor = functional.resize(change(large), [side, side], interpolation=mode, antialias=True)
    return small


def _dilate(images: Tensor, steps: int) -> Tensor:
    """Grow what is bright by so many pixels, by turns to four and to eight sides: nearly round, as an octagon is."""
    for step in range(steps):
        if step % 2:
            images = max_pool2d(images, 3, stride=1, padding=1)
        else:
            tall = max_pool2d(images, (3, 1), stride=1, padding=(1, 0))
            images = torch.maximum(tall, max_pool2d(images, (1, 3), stride=1, padding=(0, 1)))
    return images


def _add_noise(pixels: Tensor, deviation: float, random: np.random.Generator) -> Tensor:
    """Gaussian noise; the deviation is a share of the brightest pixel."""
    return pixels + torch.from_numpy(random.normal(0, deviation, pixels.shape)).float()


def _blur(pixels: Tensor, deviation: float, _random: np.random.Generator) -> Tensor:
    blurred: Tensor = functional.gaussian_blur(pixels, [BLUR_SIZE] * 2, [deviation] * 2)
    return blurred


MAKERS: dict[str, Make] = {
    "shifted": _shift,
    "rotated": _rotate,
    "scaled": _scale,
    "thickened": _thicken,
    "thinned": _thin,
    "noisy": _add_noise,
    "blurred": _blur,
}


def main(source: Path, target: Path) -> None:
    """Change the images of one file and write them to the other."""
    np.save(target, change_images(np.load(source, allow_pickle=False)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
