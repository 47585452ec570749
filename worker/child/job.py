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
    normalize: str
    seed: int
    precision: str


@dataclass(frozen=True)
class Upload:
    """A file of the student: where it lies, and what the student called it."""

    path: Path
    name: str


@dataclass(frozen=True)
class Job:
    """One job of PROTOCOL.md. It has a model of the zoo or a model file."""

    kind: str
    model: str | None
    options: dict[str, int | float]
    model_file: Upload | None
    weights: Upload | None
    class_name: str
    arguments: str
    recipe: Recipe
    data_dir: Path
    threads: int


def read_job(given: Mapping[str, Any]) -> Job:
    """Return the job that the worker's JSON object describes.

    Raises:
        KeyError: a key is missing, which is a fault of the worker and ends the child.
    """
    return Job(
        kind=given["kind"],
        model=given["model"],
        options=dict(given["options"]),
        model_file=_upload(given["model_file"]),
        weights=_upload(given["weights"]),
        class_name=given["class_name"],
        arguments=given["arguments"],
        recipe=Recipe(**{field.name: given["recipe"][field.name] for field in fields(Recipe)}),
        data_dir=Path(given["data_dir"]),
        threads=given["threads"],
    )


def _upload(given: Mapping[str, str] | None) -> Upload | None:
    return None if given is None else Upload(Path(given["path"]), given["name"])
