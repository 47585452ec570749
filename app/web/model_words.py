"""A submission's network in words: a model of the zoo by its name, an uploaded one by its class and file."""

from collections.abc import Mapping
from typing import Any

from app.core.tables import Result, Submission
from app.core.zoo import zoo
from app.web.formats import setting


def model_title(model_id: str) -> str:
    """A model's name; its id if it left the zoo."""
    model = zoo().get(model_id)
    return model.title if model else model_id


def option_rows(model_id: str | None, options: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Names and values of a model's options; those that were left out have the model's defaults."""
    model = zoo().get(model_id or "")
    defaults = {option.name: option.default for option in model.options} if model else {}
    return [(name, setting(value)) for name, value in (defaults | dict(options)).items()]


def class_name(submission: Submission, result: Result | None) -> str:
    """The class that was taken from an uploaded file, or was asked for."""
    detected = result.detected.get("class_name") if result else None
    return detected if isinstance(detected, str) and detected else submission.class_name


def arguments(submission: Submission, detected: Mapping[str, Any]) -> str:
    """What the class of an uploaded file got, or was to get."""
    found = detected.get("arguments")
    return found if isinstance(found, str) and found else submission.arguments


def network_title(submission: Submission, result: Result | None = None) -> str:
    """What the network is called: a model's name, a class and its file, or a file."""
    if submission.model:
        return model_title(submission.model)
    file, name = submission.model_file_name or "", class_name(submission, result)
    return f"{name} · {file}" if name else file


def file_stem(submission: Submission) -> str:
    """A word for names of files that are downloaded: letters, digits and little else."""
    name = submission.model or (submission.model_file_name or "model").rpartition(".")[0]
    kept = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "_-") else "_" for letter in name)
    return kept[:60].strip("_") or "model"
