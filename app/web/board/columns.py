"""The columns of the board: what each is sorted by, and how those are written that are hidden at first."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.core.board import Entry, Placed
from app.core.ranking import order_of
from app.core.sentences import N_
from app.web import formats
from app.web.recipe_words import choice_words, recipe_line

RANK = "rank"


@dataclass(frozen=True)
class Column:
    """`value`: what it is sorted by; None always comes last. `text`: what a cell of a hidden column says.

    `is_high_first`: whether the first click sorts from high to low, as one looks for the best or the newest.
    """

    key: str
    title: str
    value: Callable[[Placed], Any]
    is_high_first: bool = False
    text: Callable[[Entry], str] | None = None
    hint: str = ""

    @property
    def is_hidden(self) -> bool:
        """Whether it is only there when asked for."""
        return self.text is not None


def _position(placed: Placed) -> list[Any]:
    wrong, loss, created, run_id = order_of(placed.entry)
    return [wrong, loss, created.isoformat(), run_id]


def is_trained_here(entry: Entry) -> bool:
    """Whether its recipe is known: that of weights that were brought is mostly what nobody filled in."""
    return entry.kind == "train"


def _recipe(placed: Placed) -> list[Any] | None:
    if not is_trained_here(placed.entry):
        return None
    recipe = placed.entry.recipe
    numbers = (recipe.get(name, 0) for name in ("learning_rate", "batch_size", "epochs"))
    return [str(recipe.get("optimizer", "")), *(float(number) for number in numbers)]


def _trained(entry: Entry) -> float | None:
    """Weights that were brought took no time here."""
    return entry.train_seconds if is_trained_here(entry) else None


def _known(number: Any, write: Callable[[Any], str]) -> str:
    return formats.NOTHING if number is None else write(number)


def _augmentation(entry: Entry) -> str | None:
    if not is_trained_here(entry):
        return None
    return choice_words("augmentation", str(entry.recipe.get("augmentation", "none")))


def _seed(entry: Entry) -> int | None:
    seed = entry.recipe.get("seed")
    return int(seed) if seed is not None and is_trained_here(entry) else None


def board_recipe(entry: Entry) -> tuple[str, str]:
    """The recipe in the two parts of its column."""
    return recipe_line(entry.recipe) if is_trained_here(entry) else (formats.NOTHING, "")


def _text(name: str) -> Callable[[Placed], str]:
    return lambda placed: str(getattr(placed.entry, name)).casefold()


def _number(name: str) -> Callable[[Placed], Any]:
    return lambda placed: getattr(placed.entry, name)


COLUMNS = {
    column.key: column
    for column in (
        Column(RANK, N_("Rank"), _position),
        Column("model", N_("Model"), _text("title")),
        Column("student", N_("Student"), _text("name")),
        Column("acc", N_("Accuracy %"), _number("accuracy"), is_high_first=True),
        Column("wrong", N_("Wrong"), _number("wrong")),
        Column("params", N_("Params"), _number("parameters")),
        Column("time", N_("Train time"), lambda placed: _trained(placed.entry)),
        Column("recipe", N_("Recipe"), _recipe),
        Column("when", N_("When"), lambda placed: placed.entry.created.isoformat(), is_high_first=True),
        Column("loss", N_("Test loss"), _number("test_loss"), text=lambda entry: formats.loss(entry.test_loss)),
        Column(
            "flops",
            N_("FLOPs"),
            _number("flops"),
            text=lambda entry: _known(entry.flops, formats.flops),
            hint=N_("Operations for one image; a multiplication and an addition are two."),
        ),
        Column(
            "latency",
            N_("Latency"),
            _number("latency_one_ms"),
            text=lambda entry: _known(entry.latency_one_ms, formats.milliseconds),
            hint=N_("Median time for one image, on one thread of the trainer."),
        ),
        Column(
            "latency1000",
            N_("1,000 images"),
            _number("latency_thousand_ms"),
            text=lambda entry: _known(entry.latency_thousand_ms, formats.milliseconds),
            hint=N_("Median time for 1,000 images, on one thread of the trainer."),
        ),
        Column(
            "size",
            N_("Size"),
            _number("size_bytes"),
            text=lambda entry: _known(entry.size_bytes, formats.bytes_text),
            hint=N_("Size of the weights."),
        ),
        Column(
            "ece",
            N_("ECE %"),
            _number("ece"),
            text=lambda entry: formats.percent(entry.ece),
            hint=N_("Expected calibration error: how far confidence and accuracy lie apart."),
        ),
        Column(
            "robust",
            N_("Robust %"),
            _number("robust_accuracy"),
            is_high_first=True,
            text=lambda entry: _known(entry.robust_accuracy, formats.percent),
            hint=N_("Mean share of changed test images that is read right."),
        ),
        Column(
            "aug",
            N_("Augmentation"),
            lambda placed: _augmentation(placed.entry),
            text=lambda entry: _known(_augmentation(entry), str),
        ),
        Column(
            "seed",
            N_("Seed"),
            lambda placed: _seed(placed.entry),
            text=lambda entry: _known(_seed(entry), str),
        ),
    )
}
HIDDEN = tuple(column for column in COLUMNS.values() if column.is_hidden)
