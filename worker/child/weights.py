"""Trained weights in and out of a model: what fits is taken, and what does not is named."""

from collections.abc import Mapping
from typing import TypeGuard

import torch
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from worker.child.failure import Failure
from worker.child.misfits import Misfits
from worker.child.sentences.files import TENSOR_DTYPE, TENSOR_NOT_FINITE, TENSOR_TWICE

# What DistributedDataParallel, torch.compile and Lightning modules put before every name.
_WRAPPERS = ("module.", "_orig_mod.", "model.", "net.")
# Counters that the profiler `thop` leaves in a model.
_LEFT_OVER = ("total_ops", "total_params")


def dump_weights(model: nn.Module) -> bytes:
    """Return a safetensors file of the model's parameters and buffers, float32 where they are not whole numbers."""
    return save({name: _plain_copy(tensor) for name, tensor in _state(model).items()})


def _plain_copy(tensor: Tensor) -> Tensor:
    # A copy each, because safetensors refuses tensors that share memory; contiguous, because it refuses channels_last.
    dtype = torch.float32 if tensor.is_floating_point() else tensor.dtype
    return tensor.detach().to("cpu", dtype).clone(memory_format=torch.contiguous_format)


def load_weights(model: nn.Module, given: Mapping[str, Tensor]) -> None:
    """Copy the tensors of a weights file into the model.

    Names may carry the prefix of a wrapper; any floating type is taken as float32; whole-number buffers, such as batch
    norm's count of batches, may be missing.

    Raises:
        Failure: `bad_file`, naming what does not fit.
    """
    expected = _state(model)
    fitting = _renamed(given, expected)
    Misfits.between(fitting, expected).raise_if_any()
    for name, tensor in fitting.items():
        _check_numbers(name, tensor, expected[name])
    model.load_state_dict({name: tensor.to(expected[name].dtype) for name, tensor in fitting.items()}, strict=False)
    with torch.no_grad():
        for name, parameter in _left_out(model, model.state_dict()).items():
            parameter.copy_(fitting[name])


def _state(model: nn.Module) -> dict[str, Tensor]:
    given = model.state_dict()
    held = {name: value for name, value in given.items() if isinstance(value, Tensor)}
    return _left_out(model, given) | held


def _left_out(model: nn.Module, state: Mapping[str, object]) -> dict[str, Tensor]:
    """Return the parameters that are not in it: a network may have a state_dict() of its own."""
    held = {(value.data_ptr(), value.numel()) for value in state.values() if _has_memory(value)}
    return {
        name: parameter
        for name, parameter in model.named_parameters(remove_duplicate=False)
        if _has_memory(parameter) and name not in state and (parameter.data_ptr(), parameter.numel()) not in held
    }


def _has_memory(value: object) -> TypeGuard[Tensor]:
    return isinstance(value, Tensor) and not is_lazy(value) and value.layout is torch.strided


def _renamed(given: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors under the model's names, where only a wrapper on either side makes them differ."""
    added = _wrapper_to_add(given, expected)
    fitting: dict[str, Tensor] = {}
    for full_name, tensor in given.items():
        name = added + full_name if added else _without_wrappers(full_name, expected)
        if name in fitting:
            raise Failure("bad_file", TENSOR_TWICE, {"name": name})
        if name in expected or not name.endswith(_LEFT_OVER):
            fitting[name] = tensor
    return fitting


def _wrapper_to_add(given: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> str:
    """Return the prefix that all of the model's names have and the file's lack, as in self.model = Sequential(…)."""
    prefixes = {name.partition(".")[0] + "." for name in expected}
    if len(prefixes) != 1 or any(name in expected for name in given):
        return ""
    (prefix,) = prefixes
    return prefix if any(prefix + name in expected for name in given) else ""


def _without_wrappers(full_name: str, expected: Mapping[str, Tensor]) -> str:
    name = full_name
    while name not in expected and name.startswith(_WRAPPERS):
        name = name.partition(".")[2]
    return name


def _check_numbers(name: str, tensor: Tensor, needed: Tensor) -> None:
    if tensor.is_floating_point() != needed.is_floating_point() or tensor.is_complex():
        types = {"given": str(tensor.dtype), "expected": str(needed.dtype)}
        raise Failure("bad_file", TENSOR_DTYPE, {"name": name, **types})
    if not torch.isfinite(tensor.to(needed.dtype)).all():
        raise Failure("bad_file", TENSOR_NOT_FINITE, {"name": name})
