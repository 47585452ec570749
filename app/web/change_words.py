"""Settings that differ between two submissions, in words."""

from dataclasses import dataclass
from typing import Any

from app.core.lineage import OPTION, Change
from app.core.recipes import Recipe
from app.core.sentences import N_
from app.core.tables import Submission
from app.web.formats import setting
from app.web.model_words import model_title
from app.web.recipe_words import value_words

LABELS = {
    "kind": N_("How"),
    "model": N_("Model"),
    "model_file": N_("Model file"),
    "class_name": N_("Class name"),
    "arguments": N_("Constructor arguments"),
    "weights": N_("Weights file"),
}
KINDS = {"train": N_("trained here"), "evaluate": N_("trained elsewhere, tested here")}
NOTHING = "–"
SHOWN_OF_HASH = 8


@dataclass(frozen=True)
class ChangeRow:
    """One setting: its label and both values, as marked texts or as they are."""

    name: str
    label: str
    before: str
    after: str


def change_rows(changes: list[Change], first: Submission, second: Submission) -> list[ChangeRow]:
    """All changes from the first submission to the second."""
    return [
        ChangeRow(each.name, label_of(each.name), _words(each, each.before, first), _words(each, each.after, second))
        for each in changes
    ]


def label_of(name: str) -> str:
    """A setting's name as a marked text."""
    if name in Recipe.model_fields:
        return str(Recipe.model_fields[name].title)
    return LABELS.get(name) or name.removeprefix(OPTION)


def _words(change: Change, value: Any, submission: Submission) -> str:
    if value is None or value == "":
        return NOTHING
    match change.name:
        case "kind":
            return KINDS[str(value)]
        case "model":
            return model_title(value)
        case "model_file":
            return _file(submission.model_file_name, value)
        case "weights":
            return _file(submission.weights_name, value)
        case name if name in Recipe.model_fields:
            return value_words(name, value)
        case _:
            return setting(value)


def _file(name: str | None, sha256: str) -> str:
    """Files of one name may differ; the beginning of the hash tells them apart."""
    return f"{name} ({sha256[:SHOWN_OF_HASH]})"
