"""The real MNIST for benchmarks and tests: where it lies, and the folder that a child wants made of it."""

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

CHECKOUT = Path(__file__).resolve().parent.parent

_HEADER_BYTES = {"images": 16, "labels": 8}  # of the IDX format
_SHAPES = {"images": (-1, 28, 28), "labels": (-1,)}


def find_mnist() -> Path | None:
    """The folder to give torchvision as `root`, or None where the files are not on this machine."""
    given = os.environ.get("MNIST_DIR")
    places = [Path(given)] if given else [CHECKOUT / "data", CHECKOUT.parent / "shared" / "mnist"]
    return next((place for place in places if (place / "MNIST" / "raw" / "train-images-idx3-ubyte").exists()), None)


def read_idx(root: Path, part: str, what: str) -> NDArray[np.uint8]:
    """The images (N, 28, 28) or labels (N,), uint8, of the part `train` or `t10k`."""
    dimensions = 3 if what == "images" else 1
    content = (root / "MNIST" / "raw" / f"{part}-{what}-idx{dimensions}-ubyte").read_bytes()
    return np.frombuffer(content, np.uint8, offset=_HEADER_BYTES[what]).reshape(_SHAPES[what])


def save_job_data(root: Path, folder: Path, train: int = 60_000, test: int = 10_000) -> Path:
    """Write the data folder of a job, with the first so many images; returns the folder."""
    np.save(folder / "train-images.npy", read_idx(root, "train", "images")[:train])
    np.save(folder / "train-labels.npy", read_idx(root, "train", "labels")[:train])
    np.save(folder / "test-images.npy", read_idx(root, "t10k", "images")[:test])
    return folder
