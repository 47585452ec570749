"""The form for a submission: its fields, from the one description that everything else uses too."""

import shlex
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic.fields import FieldInfo

from app.core.model_files import EXPORTED_SUFFIXES, SOURCE_SUFFIXES, WEIGHTS_SUFFIXES
from app.core.recipes import Recipe, choices_of, limits_of, parse_recipe
from app.core.sentences import Sentence
from app.core.zoo import Option, ZooModel, zoo
from app.web.check_view import CheckView, KeptFile
from app.web.formats import setting
from app.web.parents import Parent
from app.web.recipe_words import choice_words, form_value, value_words
from app.web.submit_fields import CODE, EVALUATE, FILE, SHOWN_MODEL, TEMPLATE, way_of
from app.web.uploads import MODEL_FILE_OF, OPTION_PREFIX

DEFAULT_MODEL = "yannet"
MAIN_FIELDS = ("epochs", "batch_size", "learning_rate", "optimizer")
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
    was: str | None = None

    @property
    def is_changed(self) -> bool:
        """Whether it differs from the homework's recipe or the model's default."""
        return self.value != self.default

    @property
    def was_words(self) -> str:
        """What the parent had, as a marked text or a number."""
        if self.is_switch:
            return value_words(self.name, bool(self.was))
        return dict(self.choices).get(self.was or "", self.was or "")

    @property
    def is_whole(self) -> bool:
        """Whether phones may offer digits only."""
        return self.limits is not None and "." not in self.default and "e" not in self.default


@dataclass(frozen=True)
class SubmitForm:
    """The whole form with what was typed and what is wrong with it."""

    kind: str
    network: str
    model: ZooModel
    class_name: str
    arguments: str
    title: str
    notes: str
    claimed_accuracy: str
    idempotency_key: str
    main: tuple[Field, ...]
    more: tuple[Field, ...]
    options: tuple[Field, ...]
    errors: Errors
    check: CheckView | None = None
    parent: Parent | None = None

    @property
    def model_file_suffixes(self) -> tuple[str, ...]:
        """What the model file may be called, whatever is to be done with it."""
        return (*SOURCE_SUFFIXES, *EXPORTED_SUFFIXES)

    @property
    def source_suffixes(self) -> tuple[str, ...]:
        """What a model file may be called that is trained."""
        return SOURCE_SUFFIXES

    @property
    def weights_suffixes(self) -> tuple[str, ...]:
        """What weights may be called."""
        return WEIGHTS_SUFFIXES

    @property
    def shows_class_choice(self) -> bool:
        """Whether there are several classes to choose from."""
        return self.check is not None and self.check.report is not None and len(self.check.report.candidates) > 1

    @property
    def chosen_class(self) -> str:
        """The class that is marked among those."""
        candidates = self.check.report.candidates if self.check and self.check.report else []
        names = [candidate.name for candidate in candidates]
        chosen = [candidate.name for candidate in candidates if candidate.is_chosen]
        return self.class_name if self.class_name in names else next(iter(chosen), "")

    @property
    def follows_script(self) -> bool:
        """Whether the form has the script's own settings already."""
        given = self.check.report.suggestions if self.check and self.check.report else {}
        values = {field.name: field.value for field in (*self.main, *self.more)}
        return all(values.get(name) == form_value(value) for name, value in given.items())

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
    def kept_model_file(self) -> KeptFile | None:
        """The model file that need not be chosen again: of the last check, else of the parent."""
        if self.check and self.check.model_file:
            return self.check.model_file
        return self.parent.model_file if self.parent else None

    @property
    def changed(self) -> int:
        """How many settings differ from the parent's."""
        return sum(field.was is not None and field.value != field.was for field in self.fields)

    @property
    def curl(self) -> list[str]:
        """The arguments that send the same to the API: what differs from the defaults."""
        changed = {field.name: field.value or "false" for field in self.fields if field.is_changed}
        given = {"kind": EVALUATE if self.kind == EVALUATE else ""} | self._curl_network()
        given |= changed | {"title": self.title, "parent": str(self.parent.number) if self.parent else ""}
        return [f"-F {shlex.quote(f'{name}={value}')}" for name, value in given.items() if value]

    def _curl_network(self) -> dict[str, str]:
        file = self.kept_model_file
        weights = self.check.weights if self.check else None
        given = {"model": self.model.id}
        if self.network == FILE:
            given = {"model_file": f"@{file.name if file else 'net.py'}"}
            if file and file.of:
                given = {MODEL_FILE_OF: str(file.of)}
            given |= {"class_name": self.class_name, "arguments": self.arguments}
        if self.kind == EVALUATE:
            given["weights"] = f"@{weights.name if weights else 'weights.safetensors'}"
        return given


def suggestions(model: ZooModel) -> dict[str, str]:
    """The recipe that goes well with a model, as the form writes it."""
    return _written_recipe(parse_recipe(model.recipe))


def _written_recipe(recipe: Recipe) -> dict[str, str]:
    return {name: form_value(value) for name, value in recipe.model_dump().items()}


def first_values(model_id: str) -> dict[str, str]:
    """What the form holds when it is first shown: for a model of the zoo if one is asked for, else for a file."""
    model = zoo().get(model_id) or zoo()[DEFAULT_MODEL]
    recipe = suggestions(model) if model_id else _written_recipe(Recipe())
    return recipe | {"kind": TEMPLATE if model_id else CODE, "model": model.id, SHOWN_MODEL: model.id}


def values_of_model(values: Values) -> dict[str, str]:
    """What the form holds after another model was chosen.

    What was still the old model's suggestion follows the new one.
    """
    model = zoo().get(values.get("model", "")) or zoo()[DEFAULT_MODEL]
    old_model = zoo().get(values.get(SHOWN_MODEL, ""), model)
    old, new = suggestions(old_model), suggestions(model)
    recipe = {name: new[name] if values.get(name, "") == old[name] else values.get(name, "") for name in new}
    kept = {name: value for name, value in values.items() if not name.startswith(OPTION_PREFIX) or model is old_model}
    return kept | recipe | {SHOWN_MODEL: model.id}


def values_of_script(values: Values, check: CheckView | None) -> dict[str, str]:
    """What the form holds after the script's own settings were taken over."""
    given = check.report.suggestions if check and check.report else {}
    return dict(values) | {name: form_value(value) for name, value in given.items()}


def make_form(
    values: Values, errors: Errors, check: CheckView | None = None, parent: Parent | None = None
) -> SubmitForm:
    """The form with what was typed, what is wrong with it, what was found out about its files, and what it changes."""
    was = parent.values if parent else {}
    model = zoo().get(values.get("model", "")) or zoo()[DEFAULT_MODEL]
    recipe = {name: _recipe_field(name, info, values, errors, was) for name, info in Recipe.model_fields.items()}
    kind, network = way_of(values)
    return SubmitForm(
        kind=kind,
        network=network,
        model=model,
        class_name=values.get("class_name", ""),
        arguments=values.get("arguments", ""),
        title=values.get("title", ""),
        notes=values.get("notes", ""),
        claimed_accuracy=values.get("claimed_accuracy", ""),
        idempotency_key=values.get("idempotency_key") or str(uuid.uuid4()),
        main=tuple(recipe[name] for name in MAIN_FIELDS),
        more=tuple(field for name, field in recipe.items() if name not in MAIN_FIELDS),
        options=tuple(_option_field(option, values, errors, was) for option in model.options),
        errors=errors,
        check=check,
        parent=parent,
    )


def _recipe_field(name: str, info: FieldInfo, values: Values, errors: Errors, was: Values) -> Field:
    choices = tuple((choice, choice_words(name, choice)) for choice in choices_of(info))
    is_switch = info.annotation is bool
    limits = None if choices or is_switch else _limit_words(*limits_of(info))
    return Field(
        name=name,
        label=str(info.title),
        value=values.get(name, ""),
        default=form_value(info.default),
        hint=str(info.description),
        choices=choices,
        is_switch=is_switch,
        limits=limits,
        error=errors.get(name),
        was=was.get(name),
    )


def _option_field(option: Option, values: Values, errors: Errors, was: Values) -> Field:
    name = f"{OPTION_PREFIX}{option.name}"
    default = setting(option.default)
    return Field(
        name=name,
        label=option.name,
        value=values.get(name, default),
        default=default,
        limits=_limit_words(option.minimum, option.maximum),
        error=errors.get(name),
        was=was.get(name),
    )


def _limit_words(minimum: float, maximum: float) -> tuple[str, str]:
    return setting(float(minimum)), setting(float(maximum))
