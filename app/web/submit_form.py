"""The form for a submission: its fields, from the one description that everything else uses too."""

import shlex
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic.fields import FieldInfo

from app.core.recipes import Recipe, choices_of, limits_of
from app.core.sentences import Sentence
from app.core.settings import get_settings
from app.core.zoo import Option, ZooModel, zoo
from app.web.formats import setting
from app.web.recipe_words import CHOICE_WORDS
from app.web.uploads import OPTION_PREFIX

DEFAULT_MODEL = "yannet"
MAIN_FIELDS = ("epochs", "batch_size", "learning_rate", "optimizer")
# Names the model whose suggestions fill the form, so that they can follow when another model is chosen.
SHOWN_MODEL = "shown_model"
TRUE = "true"
Values = Mapping[str, str]
Errors = Mapping[str, Sentence]


@dataclass(frozen=True)
class Field:
    """One field: a list of choices, a switch, or a number between limits."""

    name: str
    label: str
    value: str
    default: str
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    is_switch: bool = False
    limits: tuple[str, str] | None = None
    error: Sentence | None = None

    @property
    def is_changed(self) -> bool:
        """Whether it differs from the homework's recipe or the model's default."""
        return self.value != self.default

    @property
    def is_whole(self) -> bool:
        """Whether phones may offer digits only."""
        return self.limits is not None and "." not in self.default and "e" not in self.default


@dataclass(frozen=True)
class SubmitForm:
    """The whole form with what was typed and what is wrong with it."""

    kind: str
    model: ZooModel
    title: str
    notes: str
    idempotency_key: str
    main: tuple[Field, ...]
    more: tuple[Field, ...]
    options: tuple[Field, ...]
    errors: Errors

    @property
    def models(self) -> list[ZooModel]:
        """All models, smallest first."""
        return list(zoo().values())

    @property
    def fields(self) -> tuple[Field, ...]:
        """All fields that numbers, words and switches go into."""
        return (*self.options, *self.main, *self.more)

    @property
    def shows_more(self) -> bool:
        """Whether the rarer settings are unfolded: when one of them is changed or wrong."""
        return any(field.is_changed or field.error for field in self.more)

    @property
    def upload_limit_bytes(self) -> int:
        """The largest file that is taken."""
        return get_settings().upload_limit_bytes

    @property
    def curl(self) -> list[str]:
        """The arguments that send the same to the API: what differs from the defaults."""
        changed = {field.name: field.value or "false" for field in self.fields if field.is_changed}
        given = {"kind": self.kind if self.kind == "evaluate" else "", "model": self.model.id}
        if self.kind == "evaluate":
            given["weights"] = "@weights.safetensors"
        given |= changed | {"title": self.title}
        return [f"-F {shlex.quote(f'{name}={value}')}" for name, value in given.items() if value]


def suggestions(model: ZooModel) -> dict[str, str]:
    """The recipe that goes well with a model, as the form writes it."""
    recipe = Recipe().model_dump() | dict(model.recipe)
    return {name: _written(value) for name, value in recipe.items()}


def first_form(model_id: str) -> SubmitForm:
    """The form as it is first shown, filled for a model."""
    model = zoo().get(model_id) or zoo()[DEFAULT_MODEL]
    return make_form(suggestions(model) | {"model": model.id, SHOWN_MODEL: model.id}, {})


def changed_model(values: Values) -> SubmitForm:
    """The form after another model was chosen: what was still the old model's suggestion follows the new one."""
    model = zoo().get(values.get("model", "")) or zoo()[DEFAULT_MODEL]
    old_model = zoo().get(values.get(SHOWN_MODEL, ""), model)
    old, new = suggestions(old_model), suggestions(model)
    recipe = {name: new[name] if values.get(name, "") == old[name] else values.get(name, "") for name in new}
    kept = {name: value for name, value in values.items() if not name.startswith(OPTION_PREFIX) or model is old_model}
    return make_form(kept | recipe | {SHOWN_MODEL: model.id}, {})


def make_form(values: Values, errors: Errors) -> SubmitForm:
    """The form with what was typed, and what is wrong with it."""
    model = zoo().get(values.get("model", "")) or zoo()[DEFAULT_MODEL]
    recipe = {name: _recipe_field(name, info, values, errors) for name, info in Recipe.model_fields.items()}
    return SubmitForm(
        kind="evaluate" if values.get("kind") == "evaluate" else "train",
        model=model,
        title=values.get("title", ""),
        notes=values.get("notes", ""),
        idempotency_key=values.get("idempotency_key") or str(uuid.uuid4()),
        main=tuple(recipe[name] for name in MAIN_FIELDS),
        more=tuple(field for name, field in recipe.items() if name not in MAIN_FIELDS),
        options=tuple(_option_field(option, values, errors) for option in model.options),
        errors=errors,
    )


def _recipe_field(name: str, info: FieldInfo, values: Values, errors: Errors) -> Field:
    choices = tuple((choice, CHOICE_WORDS.get(choice, choice)) for choice in choices_of(info))
    is_switch = info.annotation is bool
    limits = None if choices or is_switch else _limit_words(*limits_of(info))
    return Field(
        name=name,
        label=str(info.title),
        value=values.get(name, ""),
        default=_written(info.default),
        hint=str(info.description),
        choices=choices,
        is_switch=is_switch,
        limits=limits,
        error=errors.get(name),
    )


def _option_field(option: Option, values: Values, errors: Errors) -> Field:
    name = f"{OPTION_PREFIX}{option.name}"
    default = setting(option.default)
    return Field(
        name=name,
        label=option.name,
        value=values.get(name, default),
        default=default,
        limits=_limit_words(option.minimum, option.maximum),
        error=errors.get(name),
    )


def _limit_words(minimum: float, maximum: float) -> tuple[str, str]:
    return setting(float(minimum)), setting(float(maximum))


def _written(value: object) -> str:
    """A value as a form sends it: a switch that is off sends nothing."""
    if isinstance(value, bool):
        return TRUE if value else ""
    return setting(value)
