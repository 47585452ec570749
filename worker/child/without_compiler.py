"""Optimizers and dispatch modes that do not import torch's compiler, which nothing here uses.

torch marks some of their methods for its compiler, and the marks import that compiler, 900 modules, when they are first
passed (`_disable_dynamo` in torch/_compile.py, `_use_grad_for_differentiable` in torch/optim/optimizer.py).
Without them a run of the smallest model takes 3.3 instead of 5.0 seconds and 800 instead of 960 MB, on 2 cores. Where a
later torch names these things in another way, the compiler is imported again, and a test says so.
"""

import inspect
from collections.abc import Callable
from types import MethodType
from typing import Any

import torch
from torch.optim import Optimizer


def hide_from_compiler(*methods: Callable[..., Any]) -> None:
    """Tell marked methods, by default those that all optimizers share, that they are hidden already.

    Call it before making one.
    """
    for method in methods or (Optimizer.add_param_group, Optimizer.zero_grad):
        plain = inspect.unwrap(method)
        plain.__dict__["__dynamo_disable"] = plain


def with_plain_step(optimizer: Optimizer) -> Optimizer:
    """Return the optimizer, its `step` being what its class wrote, run without gradients as its mark would do."""
    plain = torch.no_grad()(inspect.unwrap(type(optimizer).step))
    optimizer.step = MethodType(plain, optimizer)  # type: ignore[method-assign]
    return optimizer
