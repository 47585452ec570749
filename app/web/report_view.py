"""What a check's report says, read with care: it began as text that uploaded code could have written.

The worker has looked at it already; here a value of the wrong kind is one that is not there, and no page breaks.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.core.errors import InvalidFields
from app.core.recipes import Recipe, parse_recipe
from app.core.sentences import Sentence
from app.web.recipe_words import recipe_rows

# The only places that a warning has; anything else with a % could ask for any width.
PLACES = re.compile(r"%\(\w+\)s|%%")
CLASSES_MAXIMUM = 50
LAYERS_MAXIMUM = 500
NAMES_MAXIMUM = 50
TEXT_MAXIMUM = 500


@dataclass(frozen=True)
class Candidate:
    """A class that could be the network."""

    name: str
    line: int
    is_chosen: bool


class Report:
    """A report, field by field."""

    def __init__(self, report: Mapping[str, Any]) -> None:
        self._report = report

    @property
    def candidates(self) -> list[Candidate]:
        """The classes that could be the network, in the file's order."""
        rows = [row for row in self._rows("classes")[:CLASSES_MAXIMUM] if isinstance(row.get("name"), str)]
        return [Candidate(row["name"], int(_number(row, "line") or 0), row.get("is_chosen") is True) for row in rows]

    @property
    def class_name(self) -> str:
        """The class that was built."""
        return self._text("class_name")

    @property
    def arguments(self) -> str:
        """What its constructor got, as Python writes it."""
        return self._text("arguments")

    @property
    def suggestions(self) -> dict[str, Any]:
        """Settings that the script itself uses, as far as they fit our recipe."""
        found = self._report.get("suggestions")
        given = found if isinstance(found, dict) else {}
        usable = {name: value for name, value in given.items() if name in Recipe.model_fields and _fits(name, value)}
        try:
            recipe = parse_recipe(usable)
        except InvalidFields:
            return {}
        return {name: getattr(recipe, name) for name in Recipe.model_fields if name in usable}

    @property
    def suggestion_rows(self) -> list[tuple[str, str]]:
        """The same in words."""
        return recipe_rows(self.suggestions)

    @property
    def layers(self) -> list[dict[str, Any]]:
        """The layers, as a submission's page shows them."""
        return [_layer(row) for row in self._rows("layers")[:LAYERS_MAXIMUM]]

    @property
    def parameters(self) -> int | None:
        """How many numbers the network learns."""
        return self._count("parameters")

    @property
    def flops(self) -> int | None:
        """Floating point operations for one image."""
        return self._count("flops")

    @property
    def forward_ms(self) -> float | None:
        """Milliseconds for one image on one thread."""
        return _number(self._report, "forward_ms")

    @property
    def weights_format(self) -> str:
        """safetensors or state_dict, where weights were sent."""
        return self._text("weights_format")

    @property
    def detected(self) -> dict[str, Any]:
        """How the network is fed and read."""
        return {name: self._report.get(name) for name in ("format", "input", "output", "normalize", "missing")}

    @property
    def warnings(self) -> list[Sentence]:
        """What works but may not be meant."""
        return warnings_of(self._report)

    def _rows(self, name: str) -> list[dict[str, Any]]:
        found = self._report.get(name)
        return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []

    def _text(self, name: str) -> str:
        found = self._report.get(name)
        return found[:TEXT_MAXIMUM] if isinstance(found, str) else ""

    def _count(self, name: str) -> int | None:
        number = _number(self._report, name)
        return None if number is None else int(number)


def warnings_of(report: Mapping[str, Any]) -> list[Sentence]:
    """The warnings of a report; one whose text and values do not fit is left out."""
    found = report.get("warnings")
    return [sentence for row in found if (sentence := _warning(row))] if isinstance(found, list) else []


def _warning(row: Any) -> Sentence | None:
    if not isinstance(row, dict) or not isinstance(row.get("text"), str) or not isinstance(row.get("values", {}), dict):
        return None
    sentence = Sentence(row["text"], row.get("values", {}))
    if "%" in PLACES.sub("", sentence.text):
        return None
    try:
        str(sentence)
    except (KeyError, TypeError, ValueError):
        return None
    return sentence


def _layer(row: Mapping[str, Any]) -> dict[str, Any]:
    output = row.get("output")
    sizes = [size for size in output if isinstance(size, int)] if isinstance(output, list) else []
    texts = {name: str(row.get(name, ""))[:120] for name in ("name", "type")}
    return texts | {"output": sizes[:8], "parameters": int(_number(row, "parameters") or 0)}


def _number(row: Mapping[str, Any], name: str) -> float | None:
    found = row.get(name)
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    return found if is_number and abs(found) < 1e18 else None  # type: ignore[arg-type]  # as just asked


def _fits(name: str, value: Any) -> bool:
    """Whether a setting can be used by itself."""
    try:
        parse_recipe({name: value} | ({"momentum": 0.9} if name == "nesterov" else {}))
    except InvalidFields:
        return False
    return True
