"""Training and evaluation mode, also for networks that have a method `train` of their own."""

import inspect

from torch import nn


def set_training(model: nn.Module, training: bool) -> None:
    """Switch every module of the model.

    Homework often defines `def train(self, loader): …` in the network, and torch's own eval() would call it. So the
    switch is set directly, and `train` is called only where an override has torch's own signature, as those have that
    keep a layer frozen.
    """
    modules = list(model.modules())
    for module in modules:
        if hasattr(module, "training"):  # a frozen TorchScript has no modes
            module.training = training
    for module in modules:
        override = vars(type(module)).get("train")
        if inspect.isfunction(override) and list(inspect.signature(override).parameters) == ["self", "mode"]:
            module.train(training)
