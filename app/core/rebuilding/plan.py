"""How a claim would be run: its network as a model file, its recipe, and all that the post did not say."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.core.rebuilding.shapes import BRANCHES, POOL, Choice, Fitting, Unfit, fit
from app.core.rebuilding.source import source_of
from app.core.recipes import WITH_MOMENTUM, Recipe, limits_of, shown_number
from app.core.sentences import N_, Sentence
from app.core.thread.understanding import Understood

# As torch.optim has them; for SGD the homework's own.
LEARNING_RATES = {
    "SGD": 0.02,
    "Adam": 0.001,
    "AdamW": 0.001,
    "RMSprop": 0.01,
    "Adagrad": 0.01,
    "Adadelta": 1.0,
    "NAdam": 0.002,
    "Muon": 0.02,
}
NAMES = {
    "optimizer": N_("optimizer"),
    "learning_rate": N_("learning rate"),
    "batch_size": N_("batch size"),
    "epochs": N_("epochs"),
}
LAYERS, ACCURACY = N_("layers with their sizes"), N_("accuracy")
TAKEN_OPTIMIZER = N_("optimizer: %(value)s, the homework's")
TAKEN_RATE = N_("learning rate: %(value)s, usual with %(optimizer)s")
TAKEN_BATCH = N_("batch size: %(value)s, the homework's")
TAKEN_EPOCHS = N_("epochs: %(value)s, as in the homework")
LESS_EPOCHS = N_("epochs: %(value)s, the most that is trained here, instead of %(given)s")
NEAREST_RATE = N_("learning rate: %(value)s, the nearest that is trained here, instead of %(given)s")
NEAREST_BATCH = N_("batch size: %(value)s, the nearest that is trained here, instead of %(given)s")
NO_MOMENTUM = N_("momentum %(given)s left out: %(optimizer)s has none")
TAKEN_KERNEL = N_("convolutions without a size: %(kernel)s × %(kernel)s")
TAKEN_DEPTHWISE = N_("depthwise convolutions without a size: 3 × 3")
TAKEN_POOL = N_("pooling without a size: %(pool)s × %(pool)s")
TAKEN_PADDING = N_("convolutions without a word on padding: none")
TAKEN_SAME = N_("convolutions without a word on padding: padded so that the maps keep their size")
TAKEN_SHARE = N_("dropout without a rate: 0.5")
TAKEN_SOFTMAX = N_("softmax at the end: as log-softmax, which reads the same digits and can be trained with NLL")
TAKEN_SEED = N_("seed: 0")


@dataclass(frozen=True)
class Plan:
    """What would be submitted. `taken`: everything that the post does not say."""

    source: str
    recipe: dict[str, Any]
    parameters: int
    taken: list[Sentence]


def missing(understood: Understood) -> list[str]:
    """What the post does not say, as marked texts."""
    gone = [words for name, words in NAMES.items() if getattr(understood, name) is None]
    gone += [] if understood.layers or understood.branches else [LAYERS]
    return gone + ([ACCURACY] if understood.accuracy is None else [])


def plan(understood: Understood, number: int) -> Plan:
    """A network and a recipe for what was understood of claim `number`.

    Raises:
        Unfit: with the reason why there can be none.
    """
    if understood.branches:
        raise Unfit(Sentence(BRANCHES))
    fitting = fit(understood.layers)
    recipe, taken = _recipe(understood)
    source = source_of(fitting.steps, number, understood.accuracy)
    return Plan(source, recipe, fitting.parameters, [*_taken_layers(understood, fitting), *taken])


def _recipe(understood: Understood) -> tuple[dict[str, Any], list[Sentence]]:
    default = Recipe()
    optimizer = understood.optimizer or default.optimizer
    recipe: dict[str, Any] = {"learning_rate": LEARNING_RATES[optimizer]} | understood.settings
    recipe = {"batch_size": default.batch_size, "epochs": default.epochs, "optimizer": optimizer} | recipe
    return _possible(recipe, understood, optimizer)


def _possible(recipe: dict[str, Any], understood: Understood, optimizer: str) -> tuple[dict[str, Any], list[Sentence]]:
    """The recipe within the limits of this service, and a sentence for all that the post does not say so."""
    values = {name: _shown(value) for name, value in recipe.items()} | {"optimizer": optimizer}
    texts = {
        "optimizer": TAKEN_OPTIMIZER,
        "learning_rate": TAKEN_RATE,
        "batch_size": TAKEN_BATCH,
        "epochs": TAKEN_EPOCHS,
    }
    gone = [name for name in texts if getattr(understood, name) is None]
    taken = [Sentence(texts[name], {"value": values[name], "optimizer": optimizer}) for name in gone]
    if (momentum := recipe.get("momentum")) is not None and optimizer not in WITH_MOMENTUM:
        del recipe["momentum"]
        if momentum:
            taken.append(Sentence(NO_MOMENTUM, {"given": _shown(momentum), "optimizer": optimizer}))
    return recipe, [*taken, *_limited(recipe), Sentence(TAKEN_SEED)]


def _limited(recipe: dict[str, Any]) -> Iterator[Sentence]:
    """Brings numbers into the limits of this service's recipes, and says so of each."""
    for name, text in (("learning_rate", NEAREST_RATE), ("batch_size", NEAREST_BATCH), ("epochs", LESS_EPOCHS)):
        given, info = recipe[name], Recipe.model_fields[name]
        low, high = limits_of(info)
        value = type(info.default)(min(max(given, low), high))
        if value != given:
            recipe[name] = value
            yield Sentence(text, {"value": shown_number(value), "given": shown_number(given)})


def _taken_layers(understood: Understood, fitting: Fitting) -> list[Sentence]:
    layers, choice = understood.layers, fitting.choice
    conv = [layer for layer in layers if layer.kind == "conv"]
    taken: list[Sentence] = []
    if choice and any(layer.kernel is None for layer in conv):
        taken.append(Sentence(TAKEN_KERNEL, {"kernel": choice.kernel}))
    if any(layer.kind == "depthwise" and layer.kernel is None for layer in layers):
        taken.append(Sentence(TAKEN_DEPTHWISE))
    return taken + _taken_rest(understood, choice)


def _taken_rest(understood: Understood, choice: Choice | None) -> list[Sentence]:
    layers = understood.layers
    taken = []
    if choice:
        taken.append(Sentence(TAKEN_SAME if choice.keeps_size else TAKEN_PADDING))
    if any(layer.kind in ("max_pool", "mean_pool") and layer.kernel is None for layer in layers):
        taken.append(Sentence(TAKEN_POOL, {"pool": POOL}))
    if any(layer.kind.startswith("dropout") and layer.share is None for layer in layers):
        taken.append(Sentence(TAKEN_SHARE))
    if any(layer.kind == "log_softmax" and layer.text for layer in layers):
        taken.append(Sentence(TAKEN_SOFTMAX))
    return taken


def _shown(value: Any) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)
