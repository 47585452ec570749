"""A network trained on drawn digits, and files of every kind made from it, as students have them."""

import io
import pickle
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from models_zoo.lenet5 import Net
from tests.digits import draw_digits

OPTIONS = {"first_channels": 4, "second_channels": 8, "hidden_units": 32}


@contextmanager
def old_ways() -> Iterator[None]:
    """Save as students save, also in ways that torch warns about."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def as_inputs(images: np.ndarray) -> Tensor:
    return torch.tensor(images).unsqueeze(1).float() / 255


@lru_cache
def train_lenet(mean: float = 0.0, scale: float = 1.0) -> nn.Module:
    """A small LeNet that reads drawn digits, trained on pixels of 0..1 less `mean`, divided by `scale`."""
    images, labels = draw_digits(1000)
    inputs, targets = (as_inputs(images) - mean) / scale, torch.tensor(labels).long()
    torch.manual_seed(0)
    model = Net(**OPTIONS)
    optimizer = torch.optim.Adam(model.parameters(), 0.005)
    for _ in range(3):
        for chosen in torch.randperm(1000).split(50):
            optimizer.zero_grad()
            functional.cross_entropy(model(inputs[chosen]), targets[chosen]).backward()
            optimizer.step()
    return model.eval()


def save_safetensors(model: nn.Module, path: Path) -> Path:
    save_file(model.state_dict(), path)
    return path


def save_torch(value: object, path: Path, **options: Any) -> Path:
    torch.save(value, path, **options)
    return path


def save_torchscript(model: nn.Module, path: Path, batch: int = 2) -> Path:
    with old_ways():
        torch.jit.save(torch.jit.trace(model, torch.rand(batch, 1, 28, 28), check_trace=False), path)
    return path


def save_exported(model: nn.Module, path: Path, batch: int | None = None) -> Path:
    free = {0: torch.export.Dim("batch", min=1, max=4096)} if batch is None else None
    with old_ways():
        program = torch.export.export(model, (torch.rand(batch or 2, 1, 28, 28),), dynamic_shapes=free and (free,))
        torch.export.save(program, path)
    return path


def save_onnx(model: nn.Module, path: Path, batch: int | None = None) -> Path:
    axes = {"images": {0: "batch"}, "logits": {0: "batch"}} if batch is None else None
    images = torch.rand(batch or 2, 1, 28, 28)
    with old_ways():
        torch.onnx.export(
            model, (images,), path, dynamo=False, input_names=["images"], output_names=["logits"], dynamic_axes=axes
        )
    return path


def softmax_regression_onnx(
    kind: int = TensorProto.FLOAT, shape: tuple[object, ...] = ("N", 784), opset: int = 17, **initializer: object
) -> onnx.ModelProto:
    """images -> Cast -> Flatten -> MatMul -> logits, and the sum of the weights as a second output, before it."""
    weights = numpy_helper.from_array(np.random.default_rng(0).normal(0, 1, (784, 10)).astype(np.float32), "weights")
    for name, value in initializer.items():
        setattr(weights, name, value)
    nodes = [
        helper.make_node("Cast", ["images"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Flatten", ["numbers"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], ["logits"], name="dense"),
        helper.make_node("ReduceSum", ["weights"], ["total"]),
    ]
    graph = helper.make_graph(
        nodes,
        "softmax regression",
        [helper.make_tensor_value_info("images", kind, shape)],
        [
            helper.make_tensor_value_info("total", TensorProto.FLOAT, None),
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, None),
        ],
        [weights],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def rezipped(source: Path, path: Path, compression: int = zipfile.ZIP_STORED, **changed: bytes) -> Path:
    """The same zip file, its entries compressed or with other content; entries are named by the end of their path."""
    with zipfile.ZipFile(source) as given, zipfile.ZipFile(path, "w", compression) as taken:
        for name in given.namelist():
            taken.writestr(name, changed.get(Path(name).stem, given.read(name)))
    return path


def recompressed(source: Path, path: Path) -> Path:
    """The same zip file with its entries deflated."""
    return rezipped(source, path, zipfile.ZIP_DEFLATED)


class Evil:
    """Writes a file when it is unpickled."""

    def __init__(self, victim: Path) -> None:
        self.victim = victim

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.write_text, (self.victim, "I ran")


def pickled(value: object) -> bytes:
    stream = io.BytesIO()
    pickle.dump(value, stream)
    return stream.getvalue()
