"""The recipe's optimizer, as torch.optim has it."""

from collections.abc import Callable

import torch
from torch import nn
from torch.optim import Optimizer

from worker.child.failure import Failure
from worker.child.job import Recipe
from worker.child.sentences.models import NO_MATRIX, NO_MUON, NOTHING_TO_TRAIN
from worker.child.without_compiler import hide_from_compiler, with_plain_step

_WITHOUT_MOMENTUM: dict[str, Callable[..., Optimizer]] = {
    "Adam": torch.optim.Adam,
    "AdamW": torch.optim.AdamW,
    "Adagrad": torch.optim.Adagrad,
    "Adadelta": torch.optim.Adadelta,
    "NAdam": torch.optim.NAdam,
}


def make_optimizers(model: nn.Module, recipe: Recipe) -> list[Optimizer]:
    """Return the optimizers that together update every trainable parameter: one, or two for Muon.

    Raises:
        Failure: `bad_model` when there is nothing to train, or nothing that Muon could train.
    """
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if not parameters:
        raise Failure("bad_model", NOTHING_TO_TRAIN)
    hide_from_compiler()
    made = _muon(parameters, recipe) if recipe.optimizer == "Muon" else [_single(parameters, recipe)]
    return [with_plain_step(optimizer) for optimizer in made]


def _single(parameters: list[nn.Parameter], recipe: Recipe) -> Optimizer:
    rate, decay = recipe.learning_rate, recipe.weight_decay
    if recipe.optimizer == "SGD":
        return torch.optim.SGD(
            parameters, lr=rate, momentum=recipe.momentum, nesterov=recipe.nesterov, weight_decay=decay
        )
    if recipe.optimizer == "RMSprop":
        return torch.optim.RMSprop(parameters, lr=rate, momentum=recipe.momentum, weight_decay=decay)
    return _WITHOUT_MOMENTUM[recipe.optimizer](parameters, lr=rate, weight_decay=decay)


def _muon(parameters: list[nn.Parameter], recipe: Recipe) -> list[Optimizer]:
    """Muon takes matrices only; biases, norms and convolution filters go to AdamW, as its authors advise.

    Both use the recipe's one learning rate: `match_rms_adamw` scales Muon's steps to AdamW's (Liu et al., 2025, Muon is
    Scalable for LLM Training, https://arxiv.org/abs/2502.16982).
    """
    if not hasattr(torch.optim, "Muon"):
        raise Failure("bad_model", NO_MUON, {"version": torch.__version__})
    matrices = [parameter for parameter in parameters if parameter.ndim == 2]
    others = [parameter for parameter in parameters if parameter.ndim != 2]
    if not matrices:
        raise Failure("bad_model", NO_MATRIX)
    muon = torch.optim.Muon(
        matrices,
        lr=recipe.learning_rate,
        momentum=recipe.momentum,
        nesterov=recipe.nesterov,
        weight_decay=recipe.weight_decay,
        adjust_lr_fn="match_rms_adamw",
    )
    if not others:
        return [muon]
    return [muon, torch.optim.AdamW(others, lr=recipe.learning_rate, weight_decay=recipe.weight_decay)]
