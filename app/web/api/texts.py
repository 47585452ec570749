"""Texts of a JSON body, by name."""

from collections.abc import Iterable
from typing import Any

from app.core.errors import InvalidFields
from app.core.sentences import N_, Sentence

NOT_TEXT = N_("%(name)s must be text; “%(value)s” was given.")
NO_FIELD = N_("There is no field “%(name)s”. The fields are: %(names)s.")


def read_texts(given: dict[str, Any], names: Iterable[str]) -> dict[str, str]:
    """The texts of these names, empty where one is left out. Raises InvalidFields for other names and other values."""
    allowed = list(names)
    errors: dict[str, Sentence] = {}
    for name, value in given.items():
        if name not in allowed:
            errors[name[:40]] = Sentence(NO_FIELD, {"name": name[:40], "names": ", ".join(allowed)})
        elif not isinstance(value, str):
            errors[name] = Sentence(NOT_TEXT, {"name": name, "value": str(value)[:40]})
    if errors:
        raise InvalidFields(errors)
    return {name: given.get(name, "") for name in allowed}
