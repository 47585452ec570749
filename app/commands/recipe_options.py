"""The hyperparameters as options: read from the recipe itself, so that they are what the service takes."""

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any, Optional

import typer
from pydantic.fields import FieldInfo

from app.commands.service import with_options
from app.core.recipes import Recipe, choices_of, limits_of, shown_number

PANEL = "Recipe"


def recipe_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command one option for each field of a recipe; it gets those that were said as its `recipe`.

    What is not said is not sent: its default is the service's to choose.
    """

    @functools.wraps(command)
    def run(*args: Any, **given: Any) -> None:
        said = {name: given.pop(name) for name in Recipe.model_fields}
        command(*args, recipe={name: value for name, value in said.items() if value is not None}, **given)

    options = [_option(name, info) for name, info in Recipe.model_fields.items()]
    return with_options(run, inspect.signature(command, eval_str=True), "recipe", options)


def _option(name: str, info: FieldInfo) -> inspect.Parameter:
    # Numbers go as they were typed: the service's own sentence says what is wrong with one.
    kind = bool if info.annotation is bool else str
    option = typer.Option(
        help=_help(info),
        rich_help_panel=PANEL,
        show_default=False,
        metavar=None if kind is bool else _metavar(info),
        autocompletion=_completion(choices_of(info)),
    )
    wanted: Any = Annotated[Optional[kind], option]  # noqa: UP045 - kind is a value
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=wanted)


def _help(info: FieldInfo) -> str:
    choices = choices_of(info)
    said = f"{info.description} " + (f"One of {', '.join(choices)}. " if choices else "")
    default = str(info.default).lower() if isinstance(info.default, bool) else info.default
    return f"{said}(default: {default})"


def _metavar(info: FieldInfo) -> str:
    if choices_of(info):
        return "WORD"
    low, high = limits_of(info)
    return f"{shown_number(low)}…{shown_number(high)}"


def _completion(choices: tuple[str, ...]) -> Callable[[str], list[str]] | None:
    if not choices:
        return None
    return lambda incomplete: [word for word in choices if word.lower().startswith(incomplete.lower())]
