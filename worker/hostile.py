"""Reads what a child says of itself, value by value. A child can say anything: only what fits the protocol is kept."""

import math
import re
from collections.abc import Mapping
from typing import Any

from app.core.recipes import Recipe
from app.core.sentences import Sentence

TEXT_LIMIT_CHARACTERS = 2_000
NAME_LIMIT_CHARACTERS = 120
ARGUMENTS_LIMIT_CHARACTERS = 500
LAYERS_LIMIT = 500
LIST_LIMIT = 50
DIMENSIONS_LIMIT = 8
# Why a child could not measure something, in the words of `worker/analysis.py`.
CHILD_PROBLEMS = frozenset({"uncounted", "onnx", "batch", "single", "raised", "memory"})
# The only places that the child's sentences have; anything else with a % could ask for any width.
PLACES = re.compile(r"%\(\w+\)s|%%")


def clean(value: object, limit: int | None = None) -> str:
    """A text that every database, page and terminal can hold.

    No NUL, which Postgres refuses, no half of a character, and nothing that moves a cursor or turns the direction of
    writing. The wide space of Chinese texts counts as unprintable in Python and stays.
    """
    return "".join(c if c.isprintable() or c in "\n\t\u3000\xa0" else "�" for c in str(value)[:limit])


def count(value: object, minimum: int = 0) -> int:
    """A whole number that every database holds and every page can divide by."""
    number = int(str(value))
    if not minimum <= number < 2**31:
        raise ValueError(value)
    return number


def scalar(value: object) -> str | int | float:
    """A number or a text, whichever it was."""
    if isinstance(value, int | float) and math.isfinite(value):  # Postgres' JSON has no NaN
        return value
    return clean(value, TEXT_LIMIT_CHARACTERS)


def read_sentence(message: Mapping[str, Any]) -> Sentence:
    """A sentence whose text and values fit together."""
    values = {clean(key, 40): scalar(value) for key, value in message["values"].items()}
    sentence = Sentence(clean(message["text"], TEXT_LIMIT_CHARACTERS), values)
    if PLACES.sub("", sentence.text).count("%"):
        raise ValueError("a place with a width could be made a gigabyte wide")
    sentence.text % sentence.values  # raises here, not on the page, if text and values do not fit
    return sentence


def read_layer(layer: Mapping[str, Any]) -> dict[str, Any]:
    """One row of the layer table."""
    return {
        "name": clean(layer["name"], NAME_LIMIT_CHARACTERS),
        "type": clean(layer["type"], NAME_LIMIT_CHARACTERS),
        "output": [count(size) for size in layer["output"][:DIMENSIONS_LIMIT]],
        "parameters": count(layer["parameters"]),
    }


def read_detected(message: Mapping[str, Any]) -> dict[str, Any]:
    """What was found out about a model by trying."""
    return {
        "format": _word(message["format"]),
        "class_name": clean(message["class_name"], NAME_LIMIT_CHARACTERS),
        "arguments": clean(message["arguments"], ARGUMENTS_LIMIT_CHARACTERS),
        "input": _optional_word(message["input"]),
        "output": _optional_word(message["output"]),
        "normalize": _optional_word(message["normalize"]),
        "padding": count(message.get("padding") or 0),
        "batch_size": None if message.get("batch_size") is None else count(message["batch_size"], minimum=1),
        "missing": [clean(name, NAME_LIMIT_CHARACTERS) for name in message["missing"][:LIST_LIMIT]],
    }


def read_report(message: Mapping[str, Any]) -> dict[str, Any]:
    """What a check found."""
    found = read_detected(message)
    measured = {name: _optional_number(message[name]) for name in ("parameters", "flops", "forward_ms")}
    return {
        **found,
        **measured,
        "classes": [_candidate(candidate) for candidate in message["classes"][:LIST_LIMIT]],
        "suggestions": {name: scalar(message["suggestions"][name]) for name in _known(message["suggestions"])},
        "layers": [read_layer(layer) for layer in message["layers"][:LAYERS_LIMIT]],
        "weights_format": _optional_word(message["weights_format"]),
        "warnings": [read_sentence(warning).as_json() for warning in message["warnings"][:LIST_LIMIT]],
    }


def read_part(message: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """A part of the analysis, and what was measured; `problem` is why it was not, a word of `CHILD_PROBLEMS`."""
    part, problem = message["part"], message["problem"]
    if problem is not None and problem not in CHILD_PROBLEMS:
        raise ValueError(problem)
    match part:
        case "flops":
            has_convolution = message.get("has_convolution")
            found: dict[str, Any] = {
                "flops": _optional_whole(message.get("flops")),
                "has_convolution": has_convolution if isinstance(has_convolution, bool) else None,
            }
        case "latency":
            found = {name: _optional_number(message.get(name)) for name in ("one_ms", "thousand_ms")}
        case "robustness":
            found = {}
        case _:
            raise ValueError(part)
    if not problem and None in found.values():
        raise ValueError("neither measured nor a problem")
    return part, found | {"problem": problem}


def _candidate(candidate: Mapping[str, Any]) -> dict[str, Any]:
    name = clean(candidate["name"], NAME_LIMIT_CHARACTERS)
    return {"name": name, "line": count(candidate["line"]), "is_chosen": candidate["is_chosen"] is True}


def _known(suggestions: Mapping[str, Any]) -> list[str]:
    return [name for name in Recipe.model_fields if name in suggestions]


def _word(value: object) -> str:
    return clean(value, 40)


def _optional_word(value: object) -> str | None:
    return None if value is None else _word(value)


def _optional_whole(value: object) -> int | None:
    if value is not None and type(value) is not int:
        raise ValueError(value)
    number = _optional_number(value)
    return None if number is None else int(number)


def _optional_number(value: object) -> int | float | None:
    if value is None:
        return None
    if not isinstance(value, int | float) or not math.isfinite(value) or not 0 <= value < 2**53:
        raise ValueError(value)
    return value
