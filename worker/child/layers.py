"""The table of layers that a run shows: what each returns for one image, and where the parameters are."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict

import torch
from torch import Tensor, nn

from worker.child.described import DescribedModel, Layer
from worker.child.failure import model_code
from worker.child.modes import set_training

# What batch norm saw of the training images.
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
# A line of the protocol has 64 KiB; nobody reads a longer table, or a longer name.
LONGEST_TABLE = 200
LARGEST_TABLE_BYTES = 40_000
LONGEST_NAME = 80
# The rest of a shape that is longer tells nothing.
MOST_SIZES = 8


def count_parameters(model: nn.Module) -> int:
    """Return how many numbers a network keeps, batch norm's statistics aside; a shared tensor counts once.

    Tables count as weights do: a frozen network has its weights there, and one that has learnt images by heart has the
    images there.
    """
    if isinstance(model, DescribedModel):
        return model.parameter_count
    kept = [*model.parameters(), *tables_of(model.named_buffers())]
    kept += _constants(model) if isinstance(model, torch.jit.ScriptModule) else _attributes(model)
    return count_numbers(kept)


def tables_of(buffers: Iterable[tuple[str, Tensor]]) -> list[Tensor]:
    """Return the buffers that are no statistics of batch norm."""
    return [buffer for name, buffer in buffers if name.rpartition(".")[2] not in STATISTICS or buffer.ndim > 1]


def count_numbers(tensors: Iterable[Tensor]) -> int:
    """Return how many numbers there are in tensors that have dimensions, each of them counted once."""
    return sum(tensor.numel() for tensor in {id(tensor): tensor for tensor in tensors}.values() if tensor.ndim)


def _constants(model: torch.jit.ScriptModule) -> list[Tensor]:
    graph = model.inlined_graph  # which its nodes do not keep alive
    constants = [node.output() for node in graph.findAllNodes("prim::Constant")]  # type: ignore[attr-defined]
    values = [value.toIValue() for value in constants if isinstance(value.type(), torch.TensorType)]
    return [value for value in values if isinstance(value, Tensor)]


def _attributes(model: nn.Module) -> list[Tensor]:
    """Return tensors that are neither parameters nor buffers, but that a module keeps all the same."""
    return [value for module in model.modules() for value in vars(module).values() if isinstance(value, Tensor)]


def list_layers(model: nn.Module, inputs: Tensor) -> list[dict[str, object]]:
    """Return the layers in the order in which the inputs pass them, at most 200.

    A layer is a module without children, or one with parameters of its own; each is listed once.

    Raises:
        Failure: `bad_model` when the model raises.
    """
    layers = model.layers if isinstance(model, DescribedModel) else _observed_layers(model, inputs)
    return list(_that_fit(layers[:LONGEST_TABLE]))


def _that_fit(layers: list[Layer]) -> Iterator[dict[str, object]]:
    size = 0
    for layer in layers:
        row = asdict(layer)
        size += len(json.dumps(row))
        if size > LARGEST_TABLE_BYTES:
            return
        yield row


def _observed_layers(model: nn.Module, inputs: Tensor) -> list[Layer]:
    layers = {name: module for name, module in model.named_modules() if _is_layer(module)}
    shapes: dict[str, list[int]] = {}
    hooks = [
        module.register_forward_hook(_shape_recorder(name, shapes))
        for name, module in layers.items()
        if not isinstance(module, torch.jit.ScriptModule)  # which takes no hooks
    ]
    set_training(model, False)
    with model_code():
        model(inputs)
    for hook in hooks:
        hook.remove()
    never_called = [name for name in layers if name not in shapes and _own_parameters(layers[name])]
    return [_layer(name, layers[name], shapes.get(name, [])) for name in [*shapes, *never_called]]


def _is_layer(module: nn.Module) -> bool:
    return not any(module.children()) or _own_parameters(module) > 0


def _own_parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters(recurse=False))


def _layer(name: str, module: nn.Module, output: list[int]) -> Layer:
    # TorchScript's modules are all of one class and remember the name of the one that they were made from.
    kind = str(getattr(module, "original_name", type(module).__name__))
    return Layer(name[:LONGEST_NAME], kind[:LONGEST_NAME], output[:MOST_SIZES], _own_parameters(module))


def _shape_recorder(name: str, shapes: dict[str, list[int]]) -> Callable[[nn.Module, object, object], None]:
    def record(_module: nn.Module, _inputs: object, output: object) -> None:
        first = output[0] if isinstance(output, tuple) and output else output
        shapes.setdefault(name, list(first.shape[1:]) if isinstance(first, Tensor) else [])

    return record
