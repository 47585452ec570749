"""ONNX models, run by onnxruntime on the processor."""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from worker.child.described import DescribedModel, Layer
from worker.child.failure import Failure, file_reading, words_of
from worker.child.files.onnx_graph import Graph, read_graph
from worker.child.job import Upload
from worker.child.sentences.files import (
    NOT_ONNX,
    ONNX_CUSTOM,
    ONNX_EXTERNAL,
    ONNX_INPUT_TYPE,
    ONNX_INPUTS,
    ONNX_TOO_NEW,
)

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_INPUT_TYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
}
_TOO_NEW = re.compile(r"till opset|max supported IR version|opset version", re.IGNORECASE)
_ERRORS_ONLY = 4  # of onnxruntime's log levels: fatal; errors come as exceptions


class OnnxModel(DescribedModel):
    """An ONNX model as a module: images in, whatever the model returns out, as tensors."""

    def __init__(self, session: "InferenceSession", graph: Graph, start: Callable[[int], "InferenceSession"]) -> None:
        super().__init__(_layers(graph), graph.parameters)
        self._session = session
        self._graph = graph
        self._start = start
        self._input = session.get_inputs()[0]
        self._type = _INPUT_TYPES[self._input.type]
        self.wants_bytes = issubclass(self._type, np.integer)

    def on_one_thread(self) -> "OnnxModel":
        """Return the same model once more, which computes on one thread: a session cannot change how many it has."""
        return OnnxModel(self._start(1), self._graph, self._start)

    def batch_sizes(self) -> tuple[int | None, ...]:
        """Return the batch size that the model declares; one that it leaves open may still be fixed inside."""
        shape = self._input.shape
        return (shape[0],) if shape and isinstance(shape[0], int) else (None, 1)

    def forward(self, images: Tensor) -> list[object]:
        """Return all outputs in the model's order."""
        given = np.ascontiguousarray(images.detach().cpu().numpy()).astype(self._type)
        outputs = self._session.run(None, {self._input.name: given})
        return [_as_tensor(output) for output in outputs]


def load_onnx(upload: Upload, threads: int) -> tuple[nn.Module, tuple[int | None, ...]]:
    """Return the model and the batch sizes to try.

    It is loaded from bytes, so that onnxruntime knows no folder in which it could look for files beside it.

    Raises:
        Failure: `bad_file` when it is more than one file, needs operators of its own, or cannot be loaded.
    """
    content = upload.path.read_bytes()
    with file_reading(NOT_ONNX, upload.name):
        graph = read_graph(content)
        _check_graph(graph, upload)
        session = _start(content, threads, upload)
        _check_inputs(session, upload)
        model = OnnxModel(session, graph, lambda count: _start(content, count, upload))
    return model, model.batch_sizes()


def _check_graph(graph: Graph, upload: Upload) -> None:
    location, custom = graph.external_location(), graph.custom_operator()
    if location is not None:
        raise Failure("bad_file", ONNX_EXTERNAL, {"file": upload.name, "location": location})
    if custom is not None:
        raise Failure("bad_file", ONNX_CUSTOM, {"file": upload.name, "name": custom})


def _start(content: bytes, threads: int, upload: Upload) -> "InferenceSession":
    import onnxruntime  # here, because only runs with such a file need it, and it starts a thread of its own

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        if _TOO_NEW.search(words_of(error)):
            raise Failure("bad_file", ONNX_TOO_NEW, {"file": upload.name, "error": words_of(error)}) from error
        raise


def _check_inputs(session: "InferenceSession", upload: Upload) -> None:
    inputs = session.get_inputs()
    if len(inputs) != 1:
        names = ", ".join(given.name for given in inputs)
        raise Failure("bad_file", ONNX_INPUTS, {"file": upload.name, "inputs": len(inputs), "names": names})
    if inputs[0].type not in _INPUT_TYPES:
        raise Failure("bad_file", ONNX_INPUT_TYPE, {"file": upload.name, "given": inputs[0].type})


def _as_tensor(output: object) -> object:
    if isinstance(output, list) and output and isinstance(output[0], Mapping):
        # skl2onnx's ZipMap: a dict {class: probability} per image.
        output = np.array([[row[key] for key in sorted(row)] for row in output], np.float32)
    return torch.from_numpy(np.array(output)) if _is_numeric(output) else output


def _is_numeric(output: object) -> bool:
    return isinstance(output, np.ndarray) and output.dtype.kind in "fiub"


def _layers(graph: Graph) -> list[Layer]:
    weights = {tensor.name: tensor.parameters for tensor in graph.tensors}
    layers = []
    for node in graph.nodes:
        own = sum(weights.pop(name, 0) for name in node.inputs)
        layers.append(Layer(node.name or node.operator, node.operator, [], own))
    return layers
