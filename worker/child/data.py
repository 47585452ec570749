"""The images in memory: one uint8 tensor on the device, from which a batch is taken by index.

A batch of 64 costs one gather and one conversion, 0.15 ms; a DataLoader with ToTensor, which handles the images one by
one in Python, takes 1.4 ms.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

# What `normalize` subtracts from pixels in 0..1 and then divides by. mnist: mean and standard deviation of the training
# pixels; half: from -1 to 1; bytes: 0 to 255, as they are in the files.
NORMALIZATIONS = {"none": (0.0, 1.0), "mnist": (0.1307, 0.3081), "half": (0.5, 0.5), "bytes": (0.0, 1 / 255)}


@dataclass(frozen=True)
class Digits:
    """Images (N, 1, 28, 28) uint8 and labels (N,) int64 on the device; the test labels are not here to be had."""

    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor


def load_digits(folder: Path, device: torch.device) -> Digits:
    """Return the digits of a job's data folder, whose files PROTOCOL.md describes."""
    return Digits(
        train_images=_load(folder / "train-images.npy").unsqueeze(1).to(device),
        train_labels=_load(folder / "train-labels.npy").long().to(device),
        test_images=_load(folder / "test-images.npy").unsqueeze(1).to(device),
    )


def load_changed_images(folder: Path, device: torch.device) -> Tensor | None:
    """Return the changed test images of a job's data folder, (n, 1, 28, 28) uint8; None where there are none."""
    path = folder / "changed-images.npy"
    return _load(path).unsqueeze(1).to(device) if path.exists() else None


def _load(path: Path) -> Tensor:
    return torch.from_numpy(np.load(path, allow_pickle=False))


def to_pixels(images: Tensor) -> Tensor:
    """Return uint8 images as float32 in 0..1, as torchvision's ToTensor does; same shape."""
    return images.float().div_(255)


def to_input(pixels: Tensor, normalize: str) -> Tensor:
    """Return what the network sees: pixels in 0..1 by one of NORMALIZATIONS."""
    mean, scale = NORMALIZATIONS[normalize]
    return pixels if normalize == "none" else pixels.sub(mean).div_(scale)
