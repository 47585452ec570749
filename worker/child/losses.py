"""What training minimises, and what kind of numbers a network returns."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional

from worker.child.failure import Failure
from worker.child.job import Recipe
from worker.child.sentences.models import NLL_NEEDS_LOG

LOGITS = "logits"
LOG_PROBABILITIES = "log_probabilities"
PROBABILITIES = "probabilities"

# Rows of an untrained network miss these sums by about 1e-6 in float32; logits hit them only by accident.
_TOLERANCE = 1e-3

Loss = Callable[[Tensor, Tensor], Tensor]


def output_kind(output: Tensor) -> str:
    """Return which of the three kinds the rows of a network's output (N, 10) are."""
    values = output.double()
    if torch.logsumexp(values, dim=1).abs().max() < _TOLERANCE:
        return LOG_PROBABILITIES
    if values.min() >= 0 and (values.sum(dim=1) - 1).abs().max() < _TOLERANCE:
        return PROBABILITIES
    return LOGITS


def as_log_probabilities(output: Tensor, kind: str) -> Tensor:
    """Return finite log-probabilities (N, 10) float32 for an output of that kind.

    log_softmax leaves log-probabilities as they are and takes away what rounding added to a row's sum. Below -100 a
    probability is nothing in float32, and a network may well give a class exactly none.
    """
    values = output.float()
    if kind == PROBABILITIES:
        values = _log(values)
    return functional.log_softmax(values, dim=1).clamp_min(-100)


def make_loss(recipe: Recipe, kind: str) -> Loss:
    """Return the loss for a network's output (N, 10) and its labels (N,), a mean over the images.

    `auto` is the negative log-likelihood, taken directly from log-probabilities or from the log of probabilities, and
    cross-entropy for logits. Label smoothing needs cross-entropy, which on log-probabilities is the same loss.

    Raises:
        Failure: `bad_model` for nll on anything but log-probabilities, which would train towards minus infinity.
    """
    if recipe.loss == "nll" and kind != LOG_PROBABILITIES:
        raise Failure("bad_model", NLL_NEEDS_LOG, {"output": kind})
    if recipe.loss == "nll" or (recipe.loss == "auto" and kind == LOG_PROBABILITIES and not recipe.label_smoothing):
        return functional.nll_loss
    cross_entropy = partial(functional.cross_entropy, label_smoothing=recipe.label_smoothing)
    if recipe.loss == "auto" and kind == PROBABILITIES:
        return lambda output, labels: cross_entropy(_log(output), labels)
    return cross_entropy


def _log(probabilities: Tensor) -> Tensor:
    return probabilities.clamp_min(torch.finfo(torch.float32).tiny).log()
