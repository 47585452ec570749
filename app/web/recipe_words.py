"""A recipe in words: labels, choices and values as the form and the submission's page show them."""

from collections.abc import Mapping
from typing import Any

from app.core.recipes import Recipe
from app.core.sentences import N_
from app.core.zoo import zoo
from app.web.formats import compact, setting

# Optimizers go by their names in torch.optim; these have words.
CHOICE_WORDS = {
    "constant": N_("constant"),
    "step": N_("step"),
    "cosine": N_("cosine"),
    "one_cycle": N_("one cycle"),
    "auto": N_("automatic"),
    "nll": N_("negative log-likelihood"),
    "cross_entropy": N_("cross-entropy"),
    "none": N_("none"),
    "shift": N_("shift"),
    "rotate": N_("rotate"),
    "affine": N_("shift, rotate and scale"),
}
ON, OFF = N_("on"), N_("off")
# Settings that say nothing unless another one has a certain value.
STEP_ONLY = ("step_epochs", "step_gamma")
# As people shorten them in a table that has no room for names.
BOARD_NUMBERS = {"learning_rate": "lr %s", "batch_size": "bs %s", "epochs": "%s ep"}


def value_words(value: Any) -> str:
    """A setting's value as a marked text or a number."""
    if isinstance(value, bool):
        return ON if value else OFF
    return CHOICE_WORDS.get(value, value) if isinstance(value, str) else setting(value)


def recipe_rows(recipe: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Labels and values of a stored recipe, in the form's order."""
    shown = [name for name in Recipe.model_fields if name in recipe]
    if recipe.get("schedule") != "step":
        shown = [name for name in shown if name not in STEP_ONLY]
    return [(str(Recipe.model_fields[name].title), value_words(recipe[name])) for name in shown]


def option_rows(model_id: str, options: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Names and values of a model's options; those that were left out have the model's defaults."""
    model = zoo().get(model_id)
    defaults = {option.name: option.default for option in model.options} if model else {}
    return [(name, setting(value)) for name, value in (defaults | dict(options)).items()]


def model_title(model_id: str) -> str:
    """A model's name; its id if it left the zoo."""
    model = zoo().get(model_id)
    return model.title if model else model_id


def recipe_line(recipe: Mapping[str, Any]) -> tuple[str, str]:
    """The optimizer, and the three numbers that a table has room for."""
    numbers = (text % compact(recipe[name]) for name, text in BOARD_NUMBERS.items() if name in recipe)
    return str(recipe.get("optimizer", "")), " · ".join(numbers)
