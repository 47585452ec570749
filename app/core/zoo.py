"""The catalogue of `models_zoo`, read without importing it: the web starts without torch.

Every file there holds a literal `CARD`; its syntax tree is enough to know title, source, options and recipe.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.core.errors import InvalidFields
from app.core.recipes import shown_number
from app.core.sentences import N_, Sentence
from app.core.settings import CHECKOUT

ZOO_FOLDER = CHECKOUT / "models_zoo"


@dataclass(frozen=True)
class Option:
    """A number that the model's constructor takes."""

    name: str
    default: int | float
    minimum: int | float
    maximum: int | float


@dataclass(frozen=True)
class ZooModel:
    """One file of `models_zoo`. `parameters` counts them at the default options."""

    id: str
    title: str
    source: str
    parameters: int
    convolution: bool
    options: tuple[Option, ...]
    recipe: Mapping[str, Any]


@lru_cache
def zoo() -> dict[str, ZooModel]:
    """All models by id, smallest first."""
    files = (path for path in ZOO_FOLDER.glob("*.py") if path.stem != "__init__")
    models = sorted((_read_model(path) for path in files), key=lambda model: model.parameters)
    return {model.id: model for model in models}


def _read_model(path: Path) -> ZooModel:
    card = _card(ast.parse(path.read_text("utf-8")), path)
    options = tuple(Option(name, **limits) for name, limits in card["options"].items())
    return ZooModel(
        path.stem, card["title"], card["source"], card["parameters"], card["convolution"], options, card["recipe"]
    )


def _card(tree: ast.Module, path: Path) -> dict[str, Any]:
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id == "CARD" and isinstance(node, ast.Assign | ast.AnnAssign):
            return dict(ast.literal_eval(node.value))  # type: ignore[arg-type]  # a CARD always has a value
    raise ValueError(f"{path.name} has no CARD")


def find_model(model_id: str) -> ZooModel:
    """The model of that id.

    Raises:
        InvalidFields: when there is none, with the ids that there are.
    """
    if model_id not in zoo():
        text = N_("There is no model “%(value)s”. Choose one of: %(choices)s.")
        raise InvalidFields({"model": Sentence(text, {"value": model_id[:40], "choices": ", ".join(zoo())})})
    return zoo()[model_id]


def parse_options(model: ZooModel, given: Mapping[str, Any]) -> dict[str, int | float]:
    """The model's options from strings or numbers; those left out or empty are left to the model.

    Raises:
        InvalidFields: keyed `option.<name>`.
    """
    known = {option.name: option for option in model.options}
    parsed: dict[str, int | float] = {}
    errors: dict[str, Sentence] = {}
    for name, value in given.items():
        if name not in known:
            text = N_("%(model)s has no option “%(name)s”. It has: %(names)s.")
            names = ", ".join(known) or "–"
            errors[f"option.{name[:40]}"] = Sentence(text, {"model": model.title, "name": name[:40], "names": names})
        elif value not in ("", None):
            number = _number(value, known[name])
            if number is None:
                errors[f"option.{name}"] = _out_of_range(known[name], value)
            else:
                parsed[name] = number
    if errors:
        raise InvalidFields(errors)
    return parsed


def _number(value: Any, option: Option) -> int | float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    if isinstance(value, bool) or not option.minimum <= number <= option.maximum:
        return None
    if isinstance(option.default, int):
        return int(number) if number.is_integer() else None
    return number


def _out_of_range(option: Option, value: Any) -> Sentence:
    if isinstance(option.default, int):
        text = N_("%(name)s must be a whole number from %(minimum)s to %(maximum)s; “%(value)s” was given.")
    else:
        text = N_("%(name)s must be a number from %(minimum)s to %(maximum)s; “%(value)s” was given.")
    bounds = {"minimum": shown_number(option.minimum), "maximum": shown_number(option.maximum)}
    return Sentence(text, {"name": option.name, "value": str(value)[:40]} | bounds)
