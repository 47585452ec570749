"""The table of layers that a run shows: what each returns for one image, and where the parameters are."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn

from worker.child.failure import model_code

# A line of the protocol has 64 KiB; nobody reads a longer table.
LONGEST_TABLE = 200


@dataclass(frozen=True)
class Layer:
    """One layer; `output` is its shape without the batch, empty when the layer was never called as a module."""

    name: str
    type: str
    output: list[int]
    parameters: int


def count_parameters(model: nn.Module) -> int:
    """Return how many numbers training can change or could change; a shared tensor counts once."""
    return sum(parameter.numel() for parameter in model.parameters())


def list_layers(model: nn.Module, image: Tensor) -> list[dict[str, object]]:
    """Return the layers in the order in which one input (1, 1, 28, 28) passes them, at most 200.

    A layer is a module without children, or one with parameters of its own; each is listed once.

    Raises:
        Failure: `bad_model` when the model raises.
    """
    layers = {name: module for name, module in model.named_modules() if _is_layer(module)}
    shapes: dict[str, list[int]] = {}
    hooks = [module.register_forward_hook(_shape_recorder(name, shapes)) for name, module in layers.items()]
    model.eval()
    with torch.inference_mode(), model_code():
        model(image)
    for hook in hooks:
        hook.remove()
    never_called = [name for name in layers if name not in shapes and _own_parameters(layers[name])]
    return [asdict(_layer(name, layers[name], shapes.get(name, []))) for name in [*shapes, *never_called]][
        :LONGEST_TABLE
    ]


def _is_layer(module: nn.Module) -> bool:
    return not any(module.children()) or _own_parameters(module) > 0


def _own_parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters(recurse=False))


def _layer(name: str, module: nn.Module, output: list[int]) -> Layer:
    return Layer(name, type(module).__name__, output, _own_parameters(module))


def _shape_recorder(name: str, shapes: dict[str, list[int]]) -> Callable[[nn.Module, object, object], None]:
    def record(_module: nn.Module, _inputs: object, output: object) -> None:
        first = output[0] if isinstance(output, tuple) else output
        shapes.setdefault(name, list(first.shape[1:]) if isinstance(first, Tensor) else [])

    return record
