"""The hyperparameters: one model with limits, defaults and words for the form, the API, the CLI and the docs.

The defaults are the homework's own recipe (DESIGN.md 8).
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from app.core.errors import InvalidFields
from app.core.sentences import N_, Sentence

Optimizer = Literal["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "NAdam", "Muon"]
Schedule = Literal["constant", "step", "cosine", "one_cycle"]
Loss = Literal["auto", "nll", "cross_entropy"]
Augmentation = Literal["none", "shift", "rotate", "affine"]
Normalize = Literal["auto", "none", "mnist", "half"]
Precision = Literal["float32", "bfloat16"]

WITH_MOMENTUM = ("SGD", "RMSprop", "Muon")
WITH_NESTEROV = ("SGD", "Muon")
# What was a switch once, as Python and as forms say it.
NORMALIZE_SWITCH = dict.fromkeys(("true", "on", "1"), "mnist") | dict.fromkeys(("false", "off", "0", ""), "none")


def _field(default: Any, label: str, hint: str, **limits: Any) -> Any:
    return Field(default=default, title=label, description=hint, **limits)


class Recipe(BaseModel):
    """One way to train. Names as in PyTorch; every field has a default, so `Recipe()` is the homework's recipe."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    epochs: int = _field(3, N_("Epochs"), N_("Passes over the training images. The homework uses 3."), ge=1, le=20)
    batch_size: int = _field(64, N_("Batch size"), N_("Images per step."), ge=1, le=4096)
    # Above 10 no optimizer of the list trains any model of the zoo; below 1e-6 nothing moves within 20 epochs.
    learning_rate: float = _field(
        0.02,
        N_("Learning rate"),
        N_("The homework uses 0.02 with SGD; Adam and AdamW like 0.001."),
        ge=1e-6,
        le=10,
        allow_inf_nan=False,
    )
    optimizer: Optimizer = _field("SGD", N_("Optimizer"), N_("As torch.optim names them."))
    momentum: float = _field(0.0, N_("Momentum"), N_("For SGD, RMSprop and Muon."), ge=0, lt=1, allow_inf_nan=False)
    nesterov: bool = _field(False, N_("Nesterov"), N_("Nesterov's momentum, for SGD and Muon."))
    weight_decay: float = _field(
        0.0, N_("Weight decay"), N_("Pulls weights to zero; 0.0001 is mild."), ge=0, le=1, allow_inf_nan=False
    )
    schedule: Schedule = _field("constant", N_("Schedule"), N_("How the learning rate changes during training."))
    step_epochs: int = _field(1, N_("Step every … epochs"), N_("For the step schedule."), ge=1, le=20)
    step_gamma: float = _field(
        0.5,
        N_("Step factor"),
        N_("For the step schedule: multiplies the learning rate."),
        gt=0,
        le=1,
        allow_inf_nan=False,
    )
    loss: Loss = _field("auto", N_("Loss"), N_("auto: NLL if the model ends in log-softmax, else cross-entropy."))
    label_smoothing: float = _field(
        0.0, N_("Label smoothing"), N_("For cross-entropy."), ge=0, le=0.5, allow_inf_nan=False
    )
    augmentation: Augmentation = _field(
        "none", N_("Augmentation"), N_("Random changes of the training images, new in every epoch.")
    )
    normalize: Normalize = _field(
        "auto",
        N_("Normalize"),
        N_(
            "Pixels as the network gets them. automatic: 0 to 1 in training; uploaded weights are tested with what "
            "suits them best on training images."
        ),
    )
    seed: int = _field(0, N_("Seed"), N_("The same seed gives the same run."), ge=0, le=2**31 - 1)
    precision: Precision = _field(
        "float32", N_("Precision"), N_("bfloat16 is about three times faster here and as accurate.")
    )

    @model_validator(mode="after")
    def fits_together(self) -> "Recipe":
        """Refuse what the optimizer would ignore: a setting without effect misleads the reader of the board."""
        if self.momentum and self.optimizer not in WITH_MOMENTUM:
            raise _misfit(
                "momentum", N_("%(optimizer)s has no momentum setting. Set momentum to 0 or choose SGD."), self
            )
        if self.nesterov and self.optimizer not in WITH_NESTEROV:
            raise _misfit("nesterov", N_("%(optimizer)s has no Nesterov momentum. Switch it off or choose SGD."), self)
        if self.nesterov and not self.momentum:
            raise _misfit("nesterov", N_("Nesterov needs a momentum above 0, for example 0.9."), self)
        if self.label_smoothing and self.loss == "nll":
            raise _misfit(
                "label_smoothing",
                N_("Label smoothing works with cross-entropy. Set it to 0 or choose it."),
                self,
            )
        return self


def _misfit(field: str, text: str, recipe: Recipe) -> PydanticCustomError:
    return PydanticCustomError("misfit", "{text}", {"text": text, "field": field, "optimizer": recipe.optimizer})


def parse_recipe(given: Mapping[str, Any]) -> Recipe:
    """A recipe from the strings of a form or the values of JSON.

    Raises:
        InvalidFields: with one sentence per field that cannot be used.
    """
    try:
        return Recipe.model_validate({name: _cleaned(name, value) for name, value in given.items()})
    except ValidationError as error:
        raise InvalidFields(dict(_field_error(details) for details in error.errors())) from error


def reported_recipe(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """What somebody said of weights that were trained elsewhere: a setting left at its default says nothing."""
    fields = Recipe.model_fields
    return {name: value for name, value in recipe.items() if name not in fields or value != fields[name].default}


def _cleaned(name: str, value: Any) -> Any:
    if name == "normalize" and isinstance(value, bool | str):
        word = str(value).strip().lower()
        return NORMALIZE_SWITCH.get(word, word)
    if isinstance(value, bool) and name in Recipe.model_fields and Recipe.model_fields[name].annotation is not bool:
        return str(value)  # JSON's true is no number, though Python's True is 1
    return value.strip() if isinstance(value, str) else value


def _field_error(details: ErrorDetails) -> tuple[str, Sentence]:
    if details["type"] == "misfit":
        context = details["ctx"]
        return context["field"], Sentence(context["text"], {"optimizer": context["optimizer"]})
    name = str(details["loc"][0])
    if details["type"] == "extra_forbidden":
        text = N_("“%(name)s” is no setting of ours. The settings are: %(names)s.")
        return _shown(name), Sentence(text, {"name": _shown(name), "names": ", ".join(Recipe.model_fields)})
    return name, _sentence(name, Recipe.model_fields[name], details["input"])


def _sentence(name: str, info: FieldInfo, value: Any) -> Sentence:
    values = {"name": name, "value": _shown(value), "default": info.default}
    if choices := choices_of(info):
        text = N_("%(name)s cannot be “%(value)s”. Choose one of: %(choices)s.")
        return Sentence(text, values | {"choices": ", ".join(choices)})
    if info.annotation is bool:
        return Sentence(N_("%(name)s is on or off (true or false); “%(value)s” was given."), values)
    minimum, maximum = limits_of(info)
    bounds = {"minimum": shown_number(minimum), "maximum": shown_number(maximum)}
    if info.annotation is int:
        text = N_("%(name)s must be a whole number from %(minimum)s to %(maximum)s; “%(value)s” was given.")
    else:
        text = N_("%(name)s must be a number from %(minimum)s to %(maximum)s; “%(value)s” was given.")
    return Sentence(text, values | bounds)


def _shown(value: Any) -> str:
    """At most 40 characters of what was given: enough to recognise it, too little to flood a page."""
    text = str(value)
    return text if len(text) <= 40 else text[:39] + "…"


def shown_number(number: float) -> str:
    """A number as people write it: 1e-6, not 1e-06, and 1, not 1.0."""
    return f"{number:.10g}".replace("e-0", "e-").replace("e+0", "e")


def choices_of(info: FieldInfo) -> tuple[str, ...]:
    """The allowed words of a field, or nothing if it is a number or a switch."""
    return tuple(getattr(info.annotation, "__args__", ()))


def limits_of(info: FieldInfo) -> tuple[float, float]:
    """Smallest and largest value of a numeric field (open ends are given as their bound)."""
    found = {type(limit).__name__: limit for limit in info.metadata}
    low = found["Ge"].ge if "Ge" in found else found["Gt"].gt
    high = found["Le"].le if "Le" in found else found["Lt"].lt
    return low, high
