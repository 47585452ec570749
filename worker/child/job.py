"""The job as typed values."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Recipe:
    """The hyperparameters that the child reads, under the names of `app/core/recipes.py`, which has checked them."""

    optimizer: str
    learning_rate: float
    momentum: float
    nesterov: bool
    weight_decay: float
    epochs: int
    batch_size: int
    schedule: str
    step_epochs: int
    step_gamma: float
    loss: str
    label_smoothing: float
    augmentation: str
    normalize: bool
    seed: int
    precision: str


@dataclass(frozen=True)
class Job:
    """One job of PROTOCOL.md."""

    kind: str
    model: str
    options: dict[str, int | float]
    recipe: Recipe
    data_dir: Path
    weights_path: Path | None
    threads: int


def read_job(given: Mapping[str, Any]) -> Job:
    """Return the job that the worker's JSON object describes.

    Raises:
        KeyError: a key is missing, which is a fault of the worker and ends the child.
    """
    recipe = Recipe(**{field.name: given["recipe"][field.name] for field in fields(Recipe)})
    weights = given["weights_path"]
    return Job(
        kind=given["kind"],
        model=given["model"],
        options=dict(given["options"]),
        recipe=recipe,
        data_dir=Path(given["data_dir"]),
        weights_path=None if weights is None else Path(weights),
        threads=given["threads"],
    )
