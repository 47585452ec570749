"""What the teacher corrects before a post is saved as a claim."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, get_args

from app.core.claimed import NoAccuracy, parse_accuracy
from app.core.errors import InvalidFields
from app.core.recipes import Optimizer
from app.core.sentences import N_, Sentence
from app.core.thread.figures import BATCH_MAXIMUM, EPOCHS_MAXIMUM
from app.core.thread.layer_lists import read_layers
from app.core.thread.layers import written
from app.core.thread.plain import plain
from app.core.thread.understanding import Understood

OPTIMIZERS = get_args(Optimizer)
NO_NUMBER = N_("%(name)s must be a number from %(minimum)s to %(maximum)s, or empty; “%(value)s” was given.")
NO_WHOLE = N_("%(name)s must be a whole number from %(minimum)s to %(maximum)s, or empty; “%(value)s” was given.")
NO_OPTIMIZER = N_("“%(value)s” is no optimizer of ours. Choose one of: %(choices)s; or leave it empty.")
NO_LAYERS = N_(
    "No layers were found in “%(value)s”. Write them like this: conv 1->10 5x5, ReLU, max pool 2, linear 1440->10"
)
SHOWN_MAXIMUM = 40


def corrected(understood: Understood, typed: Mapping[str, str]) -> Understood:
    """What was understood, with the fields that were typed in its place; fields that were not sent stay.

    Raises:
        InvalidFields: one sentence per field that cannot be used.
    """
    errors: dict[str, Sentence] = {}
    changes: dict[str, Any] = {}
    for name, read in READERS.items():
        if name in typed:
            try:
                changes[name] = read(name, typed[name].strip(), understood)
            except InvalidFields as error:
                errors |= error.fields
    if errors:
        raise InvalidFields(errors)
    # Layers that somebody wrote down are a chain.
    return replace(understood, **changes, branches=understood.branches and not changes.get("layers"))


def _accuracy(name: str, text: str, _: Understood) -> float | None:
    try:
        return parse_accuracy(text)
    except NoAccuracy as error:
        raise InvalidFields({name: error.sentence}) from error


def _optimizer(name: str, text: str, _: Understood) -> str | None:
    if text in ("", *OPTIMIZERS):
        return text or None
    values = {"value": text[:SHOWN_MAXIMUM], "choices": ", ".join(OPTIMIZERS)}
    raise InvalidFields({name: Sentence(NO_OPTIMIZER, values)})


def _number(minimum: float, maximum: float) -> Callable[[str, str, Understood], float | None]:
    def read(name: str, text: str, _: Understood) -> float | None:
        try:
            value = float(text) if text else None
        except ValueError:
            value = math.nan
        if value is None or minimum <= value <= maximum:
            return value
        values = {"name": name, "minimum": minimum, "maximum": maximum, "value": text[:SHOWN_MAXIMUM]}
        raise InvalidFields({name: Sentence(NO_NUMBER, values)})

    return read


def _whole(maximum: int) -> Callable[[str, str, Understood], int | None]:
    def read(name: str, text: str, _: Understood) -> int | None:
        if not text:
            return None
        if text.isascii() and text.isdecimal() and len(text) < 10 and 1 <= int(text) <= maximum:
            return int(text)
        values = {"name": name, "minimum": 1, "maximum": maximum, "value": text[:SHOWN_MAXIMUM]}
        raise InvalidFields({name: Sentence(NO_WHOLE, values)})

    return read


def _layers(name: str, text: str, understood: Understood) -> Any:
    if not text or text == written(understood.layers):
        return understood.layers if text else ()
    layers = read_layers(plain(text))
    if not layers:
        raise InvalidFields({name: Sentence(NO_LAYERS, {"value": text[:SHOWN_MAXIMUM]})})
    return layers


READERS: dict[str, Callable[[str, str, Understood], Any]] = {
    "accuracy": _accuracy,
    "optimizer": _optimizer,
    "learning_rate": _number(1e-9, 100),
    "momentum": _number(0, 0.999999),
    "batch_size": _whole(BATCH_MAXIMUM),
    "epochs": _whole(EPOCHS_MAXIMUM),
    "layers": _layers,
}
