"""Trained weights in and out, as safetensors: a format that holds numbers only, so that reading it runs no code."""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from worker.child.failure import (
    NOT_SAFETENSORS,
    TENSOR_DTYPE,
    TENSOR_MISSING,
    TENSOR_NOT_FINITE,
    TENSOR_SHAPE,
    TENSOR_TWICE,
    TENSOR_UNEXPECTED,
    Failure,
)

# What DistributedDataParallel and torch.compile put before every name.
_WRAPPERS = ("module.", "_orig_mod.")


def dump_weights(model: nn.Module) -> bytes:
    """Return a safetensors file of the model's parameters and buffers, float32 where they are not whole numbers."""
    return save({name: _plain_copy(tensor) for name, tensor in _state(model).items()})


def _plain_copy(tensor: Tensor) -> Tensor:
    # A copy each, because safetensors refuses tensors that share memory; contiguous, because it refuses channels_last.
    dtype = torch.float32 if tensor.is_floating_point() else tensor.dtype
    return tensor.detach().to("cpu", dtype).clone(memory_format=torch.contiguous_format)


def load_weights(model: nn.Module, path: Path) -> None:
    """Copy the tensors of a safetensors file into the model.

    Names may carry the prefix of a wrapper; any floating type is taken as float32; whole-number buffers, such as batch
    norm's count of batches, may be missing.

    Raises:
        Failure: `bad_file`, naming the first tensor that does not fit.
    """
    try:
        given = load_file(path)
    except SafetensorError as error:
        raise Failure("bad_file", NOT_SAFETENSORS, {"error": error}) from error
    expected = _state(model)
    fitting = _without_wrappers(given, expected)
    for name, tensor in expected.items():
        if name not in fitting and tensor.is_floating_point():
            raise Failure("bad_file", TENSOR_MISSING, {"name": name, "expected": list(tensor.shape)})
    for name, tensor in fitting.items():
        _check_tensor(name, tensor, expected)
    model.load_state_dict({name: tensor.to(expected[name].dtype) for name, tensor in fitting.items()}, strict=False)


def _state(model: nn.Module) -> dict[str, Tensor]:
    return {name: value for name, value in model.state_dict().items() if isinstance(value, Tensor)}


def _without_wrappers(given: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
    fitting: dict[str, Tensor] = {}
    for full_name, tensor in given.items():
        name = full_name
        while name not in expected and name.startswith(_WRAPPERS):
            name = name.partition(".")[2]
        if name in fitting:
            raise Failure("bad_file", TENSOR_TWICE, {"name": name})
        fitting[name] = tensor
    return fitting


def _check_tensor(name: str, tensor: Tensor, expected: Mapping[str, Tensor]) -> None:
    if name not in expected:
        raise Failure("bad_file", TENSOR_UNEXPECTED, {"name": name, "given": list(tensor.shape)})
    needed = expected[name]
    if tensor.shape != needed.shape:
        shapes = {"given": list(tensor.shape), "expected": list(needed.shape)}
        raise Failure("bad_file", TENSOR_SHAPE, {"name": name, **shapes})
    if tensor.is_floating_point() != needed.is_floating_point() or tensor.is_complex():
        types = {"given": str(tensor.dtype), "expected": str(needed.dtype)}
        raise Failure("bad_file", TENSOR_DTYPE, {"name": name, **types})
    if not torch.isfinite(tensor.to(needed.dtype)).all():
        raise Failure("bad_file", TENSOR_NOT_FINITE, {"name": name})
