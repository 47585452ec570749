"""`?fields=number,result.accuracy`: only these parts of an answer. Names that the answer cannot have are refused.

In a list that comes in parts, names are those of its rows, or of the answer around them; `next` always stays.
"""

from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from app.core.errors import InvalidFields
from app.core.sentences import N_, Sentence

# Longer than all names of our largest answer together.
FIELDS_MAXIMUM = 2000
SHOWN_MAXIMUM = 40
NEXT = "next"
NO_FIELD = N_("There is no field “%(name)s”. The fields are: %(names)s.")
TOO_LONG = N_("fields may have at most %(maximum)s characters; %(count)s were given.")

# What is kept of an object by name; nothing named below it: all of it.
Tree = dict[str, "Tree"]


def read_fields(text: str, kind: Any) -> Tree:
    """The names in `fields=`, as they stand in an answer of that type. Raises InvalidFields."""
    if len(text) > FIELDS_MAXIMUM:
        values = {"maximum": FIELDS_MAXIMUM, "count": len(text)}
        raise InvalidFields({"fields": Sentence(TOO_LONG, values)})
    tree: Tree = {}
    for name in filter(None, (part.strip() for part in text.split(","))):
        _add(tree, _path(name, kind))
    if tree and NEXT in _names(kind):
        tree[NEXT] = {}
    return tree


def _path(name: str, kind: Any) -> list[str]:
    """The steps to a field, the list around it included where only its rows have that name."""
    steps = name.split(".")
    rows = rows_name(kind)
    if rows and steps[0] not in _names(kind):
        steps = [rows, *steps]
    here = kind
    for step in steps:
        if step not in _names(here) and not _is_free(here):
            raise _refusal(name, kind, here)
        here = _below(here, step)
    return steps


def _add(tree: Tree, steps: list[str]) -> None:
    """What is asked for whole stays whole, whatever part of it is asked for besides."""
    for step in steps[:-1]:
        if tree.get(step) == {}:
            return
        tree = tree.setdefault(step, {})
    tree[steps[-1]] = {}


def _refusal(name: str, kind: Any, here: Any) -> InvalidFields:
    names = list(_names(here))
    rows = rows_name(kind)
    if rows and here is _below(kind, rows):
        names = [*_names(kind), *names]
    shown = ", ".join(names) if names else "–"
    return InvalidFields({"fields": Sentence(NO_FIELD, {"name": name[:SHOWN_MAXIMUM], "names": shown})})


def rows_name(kind: Any) -> str:
    """Which field of a part of a list has its rows; empty for what is no part of a list."""
    found = [name for model in _models(kind) if NEXT in model.model_fields for name in _lists(model)]
    return "rows" if "rows" in found else found[0] if len(found) == 1 else ""


def _lists(model: type[BaseModel]) -> Iterator[str]:
    for name, info in model.model_fields.items():
        if get_origin(info.annotation) is list and list(_models(info.annotation)):
            yield name


def _names(kind: Any) -> dict[str, Any]:
    """The fields of an object, or of those in a list, with their types."""
    return {name: info.annotation for model in _models(kind) for name, info in model.model_fields.items()}


def _below(kind: Any, name: str) -> Any:
    return _names(kind).get(name, Any)


def _is_free(kind: Any) -> bool:
    """Whether an object may have any names: those of a recipe, for instance, are data."""
    return any(each is Any or each is dict or get_origin(each) is dict for each in _unwrapped(kind))


def _models(kind: Any) -> Iterator[type[BaseModel]]:
    for each in _unwrapped(kind):
        if isinstance(each, type) and get_origin(each) is None and issubclass(each, BaseModel):
            yield each


def _unwrapped(kind: Any) -> Iterator[Any]:
    """A type without what stands around it: lists, unions, None."""
    origin = get_origin(kind)
    if origin in (list, Union, UnionType):
        for each in get_args(kind):
            yield from _unwrapped(each)
    elif origin is Annotated:
        yield from _unwrapped(get_args(kind)[0])
    elif kind is not NoneType:
        yield kind


def pick(value: Any, tree: Tree) -> Any:
    """An answer with the named fields only, in its own order; what is null stays null."""
    if not tree:
        return value
    if isinstance(value, list):
        return [pick(each, tree) for each in value]
    if isinstance(value, dict):
        return {name: pick(each, tree[name]) for name, each in value.items() if name in tree}
    return value
