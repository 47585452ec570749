"""A recipe in words: labels, choices and values as the form and the submission's page show them."""

from collections.abc import Mapping
from typing import Any

from app.core.recipes import Recipe
from app.core.sentences import N_
from app.web.formats import compact, setting

# A choice may have other words in one setting than in another.
OWN_CHOICE_WORDS = {
    "normalize": {
        "none": N_("none: 0 to 1"),
        "mnist": N_("MNIST: mean 0.1307, deviation 0.3081"),
        "half": N_("−1 to 1: mean 0.5, deviation 0.5"),
    },
}
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
TRUE = "true"
# Settings that say nothing unless another one has a certain value.
STEP_ONLY = ("step_epochs", "step_gamma")
# As people shorten them in a table that has no room for names.
BOARD_NUMBERS = {"learning_rate": "lr %s", "batch_size": "bs %s", "epochs": "%s ep"}


def choice_words(name: str, choice: str) -> str:
    """A choice of a setting as a marked text."""
    return OWN_CHOICE_WORDS.get(name, CHOICE_WORDS).get(choice) or CHOICE_WORDS.get(choice, choice)


def value_words(name: str, value: Any) -> str:
    """A setting's value as a marked text or a number."""
    if isinstance(value, bool):
        return ON if value else OFF
    return choice_words(name, value) if isinstance(value, str) else setting(value)


def form_value(value: object) -> str:
    """A value as a form sends it: a switch that is off sends nothing."""
    if isinstance(value, bool):
        return TRUE if value else ""
    return setting(value)


def recipe_rows(recipe: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Labels and values of a stored recipe, in the form's order."""
    shown = [name for name in Recipe.model_fields if name in recipe]
    if recipe.get("schedule", "step") != "step":
        shown = [name for name in shown if name not in STEP_ONLY]
    return [(str(Recipe.model_fields[name].title), value_words(name, recipe[name])) for name in shown]


def recipe_line(recipe: Mapping[str, Any]) -> tuple[str, str]:
    """The optimizer, and the three numbers that a table has room for."""
    numbers = (text % compact(recipe[name]) for name, text in BOARD_NUMBERS.items() if name in recipe)
    return str(recipe.get("optimizer", "")), " · ".join(numbers)
