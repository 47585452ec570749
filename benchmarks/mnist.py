"""The real MNIST for benchmarks and tests, found and read as the worker does it."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.core.settings import Settings
from worker import dataset


@lru_cache
def find_mnist() -> Path | None:
    """The folder with the four IDX files, or None where they are not on this machine."""
    return dataset.find_mnist(Settings())


@lru_cache
def load_mnist(folder: Path) -> dict[str, NDArray[np.uint8]]:
    """`train-images`, `train-labels`, `test-images` and `test-labels`, uint8."""
    return dataset.read_mnist(folder)


def save_job_data(mnist: Path, folder: Path) -> Path:
    """Write the data folder of a job; returns it."""
    dataset.save_for_child(load_mnist(mnist), folder)
    return folder
