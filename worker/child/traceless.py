"""Trying a network without leaving a trace: what a run computes must not depend on what was tried before it."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy


def seed_generators(seed: int) -> None:
    """Seed every generator that a network may draw from: torch's, NumPy's and Python's own."""
    torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)


@contextmanager
def without_trace(model: nn.Module) -> Iterator[None]:
    """Put everything back as it was: generators, parameters, buffers, gradients and the mode.

    Not inference_mode: a network may keep a mask from its first call, and training could not use it then.
    """
    python, numpy = random.getstate(), np.random.get_state()
    tensors = [(tensor, tensor.detach().clone()) for tensor in _tensors_of(model)]
    modes = [(module, module.training) for module in model.modules()]
    try:
        with torch.random.fork_rng():
            yield
    finally:
        with torch.no_grad():
            for tensor, before in tensors:
                tensor.copy_(before)
        for parameter in model.parameters():
            parameter.grad = None
        for module, mode in modes:
            module.training = mode
        random.setstate(python)
        np.random.set_state(numpy)


def _tensors_of(model: nn.Module) -> Iterator[Tensor]:
    for tensor in (*model.parameters(), *model.buffers()):
        if not is_lazy(tensor):
            yield tensor
