"""Trying a network without leaving a trace: what a run computes must not depend on what was tried before it."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn
from torch.nn.parameter import is_lazy


def seed_generators(seed: int) -> None:
    """Seed every generator that a network may draw from: torch's, NumPy's and Python's own."""
    torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)


@contextmanager
def without_trace(model: nn.Module) -> Iterator[None]:
    """Put everything back as it was: generators, buffers, gradients and the mode.

    Parameters are not kept, which would double the memory of a large network: a forward pass does not change them. Not
    inference_mode: a network may keep a mask from its first call, and training could not use it then.
    """
    python, numpy = random.getstate(), np.random.get_state()
    buffers = [(buffer, buffer.detach().clone()) for buffer in model.buffers() if not is_lazy(buffer)]
    modes = [(module, module.training) for module in model.modules() if hasattr(module, "training")]
    try:
        with torch.random.fork_rng():
            yield
    finally:
        with torch.no_grad():
            for buffer, before in buffers:
                buffer.copy_(before)
        for parameter in model.parameters():
            parameter.grad = None
        for module, mode in modes:
            module.training = mode
        random.setstate(python)
        np.random.set_state(numpy)
