"""Random changes of the training images, a different one for every image of a batch.

torchvision's v2 transforms draw one angle or shift per call, so a batch given to them is changed as a whole: 64 images
would share one angle. Calling them image by image is what makes a DataLoader slow. `affine_grid` takes one matrix per
image and does a batch of 64 in 0.8 ms, which is why it is used here.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

from worker.child.job import Recipe

LARGEST_SHIFT = 2  # pixels, to each side
LARGEST_ANGLE = 10.0  # degrees, to each side
LARGEST_SHEAR = 5.0  # degrees, to each side
SCALES = (0.9, 1.1)


class Augmentation:
    """The recipe's augmentation. Its random generator is its own: shuffling and dropout stay the same without it."""

    def __init__(self, recipe: Recipe) -> None:
        self._name = recipe.augmentation
        self._generator = torch.Generator().manual_seed(recipe.seed)

    def __call__(self, pixels: Tensor) -> Tensor:
        """Return float images (N, 1, 28, 28) in 0..1, each shifted, rotated or both; black comes in at the edges."""
        if self._name == "none":
            return pixels
        matrices = self._matrices(len(pixels), pixels.shape[-1]).to(pixels.device)
        grid = functional.affine_grid(matrices, list(pixels.shape), align_corners=False)
        return functional.grid_sample(pixels, grid, mode="bilinear", padding_mode="zeros", align_corners=False)

    def _matrices(self, count: int, side: int) -> Tensor:
        """Draw matrices (count, 2, 3) from output to input places, in which an image reaches from -1 to 1."""
        if self._name == "shift":
            return _matrices(torch.zeros(count), torch.zeros(count), torch.ones(count), self._shifts(count, side))
        if self._name == "rotate":
            angles = self._between(-LARGEST_ANGLE, LARGEST_ANGLE, count)
            return _matrices(angles, torch.zeros(count), torch.ones(count), torch.zeros(count, 2))
        return _matrices(
            self._between(-LARGEST_ANGLE, LARGEST_ANGLE, count),
            self._between(-LARGEST_SHEAR, LARGEST_SHEAR, count),
            self._between(*SCALES, count),
            self._shifts(count, side),
        )

    def _between(self, low: float, high: float, count: int) -> Tensor:
        return torch.empty(count).uniform_(low, high, generator=self._generator)

    def _shifts(self, count: int, side: int) -> Tensor:
        # Whole pixels: a digit that is only shifted stays as sharp as it was.
        pixels = torch.randint(-LARGEST_SHIFT, LARGEST_SHIFT + 1, (count, 2), generator=self._generator)
        return pixels * (2 / side)


def _matrices(angles: Tensor, shears: Tensor, scales: Tensor, shifts: Tensor) -> Tensor:
    """Put angles and shears in degrees (N,), scales (N,) and shifts (N, 2) into affine matrices (N, 2, 3)."""
    turn, slant = angles * (math.pi / 180), torch.tan(shears * (math.pi / 180))
    cosine, sine = torch.cos(turn) / scales, torch.sin(turn) / scales
    first = torch.stack([cosine, cosine * slant - sine, shifts[:, 0]], dim=1)
    second = torch.stack([sine, sine * slant + cosine, shifts[:, 1]], dim=1)
    return torch.stack([first, second], dim=1)
