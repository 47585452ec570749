"""What an ONNX file says of itself, before onnxruntime sees it: operators, parameters, files beside it.

Field numbers are those of onnx.proto, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from worker.child.files.protobuf import ProtobufError, Value, read_fields, read_varints

_MODEL_IR_VERSION, _MODEL_GRAPH, _MODEL_FUNCTIONS = 1, 7, 25
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_SPARSE = 1, 5, 15
_NODE_INPUT, _NODE_NAME, _NODE_OPERATOR, _NODE_ATTRIBUTE, _NODE_DOMAIN = 1, 3, 4, 5, 7
_ATTRIBUTE_TENSOR, _ATTRIBUTE_GRAPH, _ATTRIBUTE_TENSORS, _ATTRIBUTE_GRAPHS = 5, 6, 10, 11
_TENSOR_DIMS, _TENSOR_TYPE, _TENSOR_NAME, _TENSOR_EXTERNAL, _TENSOR_LOCATION = 1, 2, 8, 13, 14
_FUNCTION_NODE, _FUNCTION_DOMAIN = 7, 10
_ENTRY_VALUE = 2
_OUTSIDE = 1  # of TensorProto.DataLocation
# float, uint8, int8, float16, double, bfloat16: what weights are; whole numbers of 64 bits are shapes and indices.
_WEIGHT_TYPES = {1, 2, 3, 10, 11, 16}
# Those that onnxruntime brings along.
_KNOWN_DOMAINS = ("", "ai.onnx", "com.microsoft", "com.ms.")
_DEEPEST = 20


@dataclass(frozen=True)
class Tensor:
    """A tensor with a value in the file; `location` names another file that has it, or is empty."""

    name: str
    dimensions: list[int]
    is_weight: bool
    location: str

    @property
    def parameters(self) -> int:
        """How many numbers it holds, if it is a weight."""
        return math.prod(self.dimensions) if self.is_weight else 0


@dataclass(frozen=True)
class Node:
    """One operator of the graph."""

    name: str
    operator: str
    domain: str
    inputs: list[str]


@dataclass
class Graph:
    """All operators and tensors of a model, those of inner graphs and functions included."""

    nodes: list[Node] = field(default_factory=list)
    tensors: list[Tensor] = field(default_factory=list)
    own_domains: set[str] = field(default_factory=set)

    @property
    def parameters(self) -> int:
        """How many numbers all weights hold."""
        return sum(tensor.parameters for tensor in self.tensors)

    def external_location(self) -> str | None:
        """The first file beside this one that is asked for."""
        return next((tensor.location for tensor in self.tensors if tensor.location), None)

    def custom_operator(self) -> str | None:
        """The first operator that neither ONNX, nor onnxruntime, nor the file itself defines."""
        for node in self.nodes:
            if node.domain not in self.own_domains and not _is_known(node.domain):
                return f"{node.domain}.{node.operator}"
        return None


def _is_known(domain: str) -> bool:
    return domain in _KNOWN_DOMAINS or domain.startswith(("ai.onnx.", "com.microsoft.", "com.ms."))


def looks_like_onnx(content: bytes) -> bool:
    """Say whether these are the fields of an ONNX model: a version of the format and a graph."""
    found = {value.field for value in read_fields(memoryview(content))}
    return {_MODEL_IR_VERSION, _MODEL_GRAPH} <= found


def read_graph(content: bytes) -> Graph:
    """Return what a model is made of.

    Raises:
        ProtobufError: when it is no ONNX model.
    """
    graph = Graph()
    for value in read_fields(memoryview(content)):
        if value.field == _MODEL_GRAPH:
            _add_graph(graph, value.content, 0)
        elif value.field == _MODEL_FUNCTIONS:
            _add_function(graph, value.content)
    return graph


def _add_graph(graph: Graph, message: memoryview, depth: int) -> None:
    if depth > _DEEPEST:
        raise ProtobufError("graphs within graphs without an end")
    for value in read_fields(message):
        if value.field == _GRAPH_NODE:
            _add_node(graph, value.content, depth)
        elif value.field == _GRAPH_INITIALIZER:
            graph.tensors.append(_tensor(value.content))
        elif value.field == _GRAPH_SPARSE:
            graph.tensors += [_tensor(part.content) for part in read_fields(value.content) if part.field in (1, 2)]


def _add_function(graph: Graph, message: memoryview) -> None:
    for value in read_fields(message):
        if value.field == _FUNCTION_NODE:
            _add_node(graph, value.content, 0)
        elif value.field == _FUNCTION_DOMAIN:
            graph.own_domains.add(_text(value))


def _add_node(graph: Graph, message: memoryview, depth: int) -> None:
    texts: dict[int, str] = {}
    inputs: list[str] = []
    for value in read_fields(message):
        if value.field == _NODE_ATTRIBUTE:
            _add_attribute(graph, value.content, depth)
        elif value.field == _NODE_INPUT:
            inputs.append(_text(value))
        elif value.field in (_NODE_NAME, _NODE_OPERATOR, _NODE_DOMAIN):
            texts[value.field] = _text(value)
    name, operator, domain = (texts.get(key, "") for key in (_NODE_NAME, _NODE_OPERATOR, _NODE_DOMAIN))
    graph.nodes.append(Node(name, operator, domain, inputs))


def _add_attribute(graph: Graph, message: memoryview, depth: int) -> None:
    for value in read_fields(message):
        if value.field in (_ATTRIBUTE_TENSOR, _ATTRIBUTE_TENSORS):
            graph.tensors.append(_tensor(value.content))
        elif value.field in (_ATTRIBUTE_GRAPH, _ATTRIBUTE_GRAPHS):
            _add_graph(graph, value.content, depth + 1)


def _tensor(message: memoryview) -> Tensor:
    dimensions: list[int] = []
    kind, name, entries, is_outside = 0, "", [], False
    for value in read_fields(message):
        if value.field == _TENSOR_DIMS:
            dimensions += read_varints(value.content) or [value.number]
        elif value.field == _TENSOR_TYPE:
            kind = value.number
        elif value.field == _TENSOR_NAME:
            name = _text(value)
        elif value.field == _TENSOR_EXTERNAL:
            entries += list(_entry_values(value.content))
        elif value.field == _TENSOR_LOCATION:
            is_outside = value.number == _OUTSIDE
    location = (entries or ["?"])[0] if is_outside or entries else ""
    return Tensor(name, dimensions, kind in _WEIGHT_TYPES, location)


def _entry_values(message: memoryview) -> Iterator[str]:
    return (_text(value) for value in read_fields(message) if value.field == _ENTRY_VALUE)


def _text(value: Value) -> str:
    return bytes(value.content).decode("utf-8", "replace")
