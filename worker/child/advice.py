"""What a check warns of, found by running the network on a few training images."""

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from worker.child.data import Digits
from worker.child.described import DescribedModel
from worker.child.failure import model_code, shortened
from worker.child.forward import run_forward
from worker.child.job import Recipe
from worker.child.layers import count_parameters
from worker.child.losses import LOG_PROBABILITIES, PROBABILITIES, as_log_probabilities
from worker.child.measures import inputs_for
from worker.child.modes import set_training
from worker.child.network import Network
from worker.child.sentences.advice import (
    DEPENDS_ON_BATCH,
    LOG_SOFTMAX_TWICE,
    MANY_PARAMETERS,
    NO_NONLINEARITY,
    POOR_SCORE,
    RANDOM_IN_EVALUATION,
    SOFTMAX_TAKEN_AS_LOG,
    SOFTMAX_THEN_CROSS_ENTROPY,
    UNTRAINABLE,
    UNUSED_PARAMETERS,
)
from worker.child.sentences.models import NLL_NEEDS_LOG
from worker.child.traceless import without_trace

MOST_PARAMETERS = 5_000_000
_IMAGES = 16
_SHOWN = 5
# Rounding differs with the batch by about 1e-6 of the largest output; a real dependence is far larger.
_TOLERANCE = 1e-3
# Differences below this share of the largest output are rounding, from which nothing follows.
_ROUNDING = 1e-3
# Half of the training images read right: less is no trained network.
_POOR = 0.5

Warnings = Iterator[Mapping[str, object]]


def _warning(text: str, **values: object) -> Mapping[str, object]:
    return {"text": text, "values": {name: shortened(value) for name, value in values.items()}}


def find_warnings(network: Network, digits: Digits, recipe: Recipe, is_training: bool) -> list[Mapping[str, object]]:
    """Return the warnings of a check, each an English sentence with its values."""
    found: list[Mapping[str, object]] = []
    with without_trace(network.model):
        found += _about_prediction(network, digits.train_images)
        if is_training:
            found += _about_loss(network, recipe)
            found += _about_size(network)
            found += _about_gradients(network, digits, recipe)
        elif network.correct < _POOR * network.judged:
            found.append(_warning(POOR_SCORE, correct=network.correct, images=network.judged))
    return found


def _about_loss(network: Network, recipe: Recipe) -> Warnings:
    kind = network.interface.training_kind
    if recipe.loss == "nll" and kind != LOG_PROBABILITIES:
        yield _warning(NLL_NEEDS_LOG, output=kind)
    elif kind == PROBABILITIES:
        yield _warning(SOFTMAX_TAKEN_AS_LOG if recipe.loss == "auto" else SOFTMAX_THEN_CROSS_ENTROPY)
    elif kind == LOG_PROBABILITIES and recipe.loss == "cross_entropy":
        yield _warning(LOG_SOFTMAX_TWICE)


def _about_size(network: Network) -> Warnings:
    parameters = count_parameters(network.model)
    if parameters > MOST_PARAMETERS:
        yield _warning(MANY_PARAMETERS, parameters=parameters, limit=MOST_PARAMETERS)


def _about_prediction(network: Network, images: Tensor) -> Warnings:
    inputs = inputs_for(network, images, _IMAGES)
    first = _logits(network, inputs)
    if _differ(first, _logits(network, inputs)):
        yield _warning(RANDOM_IN_EVALUATION)
    elif _depends_on_batch(network, inputs, first):
        yield _warning(DEPENDS_ON_BATCH)
    elif (layers := _count_weighted_layers(network.model)) > 1 and _is_affine(network, inputs, first):
        yield _warning(NO_NONLINEARITY, layers=layers)


def _logits(network: Network, inputs: Tensor) -> Tensor:
    """Return the ten numbers per image as logits with mean zero, whatever the network ends in."""
    set_training(network.model, False)
    with torch.no_grad():
        rows = as_log_probabilities(run_forward(network.model, inputs.clone()), network.interface.kind)
    return rows - rows.mean(dim=1, keepdim=True)


def _depends_on_batch(network: Network, inputs: Tensor, outputs: Tensor) -> bool:
    if network.interface.batch_size is not None:
        return False
    half = len(inputs) // 2
    return _differ(outputs[:half], _logits(network, inputs[:half]))


def _is_affine(network: Network, inputs: Tensor, outputs: Tensor) -> bool:
    """Say whether the mean of two images gives the mean of their logits, for which every activation is in the way.

    Measured against how much the images differ: a deep network that is not trained says nearly the same of all.
    """
    means = _logits(network, (inputs + inputs.roll(1, dims=0)) / 2)
    spread = (outputs - outputs.mean(dim=0)).abs().max()
    if spread < _ROUNDING * outputs.abs().max():
        return False
    return bool(((outputs + outputs.roll(1, dims=0)) / 2 - means).abs().max() < _TOLERANCE * spread)


def _count_weighted_layers(model: nn.Module) -> int:
    if isinstance(model, DescribedModel):
        return 0
    return sum(any(own.ndim > 1 for own in module.parameters(recurse=False)) for module in model.modules())


def _about_gradients(network: Network, digits: Digits, recipe: Recipe) -> Warnings:
    """Take one step's gradients as training would, without the step."""
    inputs = inputs_for(network, digits.train_images, _IMAGES)
    set_training(network.model, True)
    output = run_forward(network.model, inputs, recipe.precision)
    trainable = {name: value for name, value in network.model.named_parameters() if value.requires_grad}
    if not trainable or not output.requires_grad:
        yield _warning(UNTRAINABLE)
        return
    with model_code():
        output.float().square().sum().backward()  # type: ignore[no-untyped-call]
    unused = [name for name, parameter in trainable.items() if parameter.grad is None]
    if unused:
        yield _warning(UNUSED_PARAMETERS, names=", ".join(unused[:_SHOWN]) + (", …" if unused[_SHOWN:] else ""))


def _differ(left: Tensor, right: Tensor) -> bool:
    return bool((left - right).abs().max() > _TOLERANCE * left.abs().max().clamp_min(_TOLERANCE))
