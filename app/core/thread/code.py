"""Layers in posted code: what `__init__` makes, in the order in which `forward` uses it. Read, never run."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from app.core.thread.layers import LAYERS_MAXIMUM, TEXT_MAXIMUM, Layer, make_layer

FENCED = re.compile(r"```[^\n]{0,40}\n(.{0,20000}?)```", re.DOTALL)
BARE = re.compile(r"^(?:import |from |class |\w{1,40} ?= ?(?:torch\.)?nn\.Sequential)", re.MULTILINE)
CODE_MAXIMUM = 20_000
BLOCKS_MAXIMUM = 8
MODULES = {
    "Conv2d": "conv",
    "Linear": "linear",
    "MaxPool2d": "max_pool",
    "AvgPool2d": "mean_pool",
    "AdaptiveAvgPool2d": "global_pool",
    "BatchNorm2d": "batch_norm",
    "BatchNorm1d": "batch_norm",
    "Dropout": "dropout",
    "Dropout2d": "dropout_maps",
    "Flatten": "flatten",
    "ReLU": "relu",
    "LeakyReLU": "leaky_relu",
    "ELU": "elu",
    "GELU": "gelu",
    "SiLU": "silu",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Softmax": "softmax",
    "LogSoftmax": "log_softmax",
}
FUNCTIONS = {
    "max_pool2d": "max_pool",
    "avg_pool2d": "mean_pool",
    "adaptive_avg_pool2d": "global_pool",
    "dropout": "dropout",
    "dropout2d": "dropout_maps",
    "flatten": "flatten",
    "view": "flatten",
    "reshape": "flatten",
    "softmax": "softmax",
    "log_softmax": "log_softmax",
    "leaky_relu": "leaky_relu",
    **{name: name for name in ("relu", "elu", "gelu", "silu", "sigmoid", "tanh")},
}
NAMES = {
    "in_channels": "inputs",
    "in_features": "inputs",
    "num_features": "inputs",
    "out_channels": "outputs",
    "out_features": "outputs",
    "kernel_size": "kernel",
    "stride": "stride",
    "padding": "padding",
    "groups": "groups",
    "p": "share",
}
JOINING = ("cat", "concat", "concatenate", "stack", "add")


@dataclass
class Code:
    """What was found. `branches`: the values do not run through one layer after the other."""

    layers: tuple[Layer, ...] = ()
    branches: bool = False


def read_code(text: str) -> Code | None:
    """The network in a plain text's code; None if there is none that can be read."""
    blocks = [match[1] for match in FENCED.finditer(text)][:BLOCKS_MAXIMUM]
    if found := BARE.search(text):
        blocks.append(text[found.start() : found.start() + CODE_MAXIMUM])
    for block in blocks:
        try:
            code = _network(ast.parse(block))
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            continue
        if code is not None:
            return code
    return None


def _network(module: ast.Module) -> Code | None:
    for node in module.body:
        if isinstance(node, ast.ClassDef) and (code := _class(node)):
            return code
    for node in module.body:
        if isinstance(node, ast.Assign) and _called(node.value) == "Sequential":
            return Code(tuple(_module(node.value))[:LAYERS_MAXIMUM])
    return None


def _class(node: ast.ClassDef) -> Code | None:
    methods = {item.name: item for item in node.body if isinstance(item, ast.FunctionDef)}
    if "forward" not in methods or "__init__" not in methods:
        return None
    reading = _Forward(dict(_members(methods["__init__"])))
    for statement in methods["forward"].body:
        reading.visit(statement)
    return Code(tuple(reading.layers[:LAYERS_MAXIMUM]), reading.branches) if reading.layers else None


def _members(method: ast.FunctionDef) -> Iterator[tuple[str, list[Layer]]]:
    """What `self.<name> = …` holds."""
    for node in method.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Attribute):
            yield node.targets[0].attr, list(_module(node.value))


def _module(node: ast.expr) -> Iterator[Layer]:
    """The layers that a call of torch makes; one that is not known here as itself."""
    name = _called(node)
    if not isinstance(node, ast.Call) or not name:
        return
    if name == "Sequential":
        for argument in node.args:
            yield from _module(argument)
    elif name in MODULES:
        yield _completed(_layer(MODULES[name], node))
    else:
        yield Layer("other", text=name[:TEXT_MAXIMUM])


def _layer(kind: str, node: ast.Call, skipped: int = 0) -> Layer:
    if kind == "softmax":
        return Layer("log_softmax", text=kind)
    named = {NAMES[key.arg]: _number(key.value) for key in node.keywords if key.arg in NAMES}
    given = {name: value for name, value in named.items() if value is not None}
    positional = [_number(argument) for argument in node.args[skipped:]] if kind not in ("global_pool",) else []
    if kind in ("conv", "linear") and len(positional) == 1:
        positional.append(None)
    return make_layer(kind, positional, given)


def _completed(layer: Layer) -> Layer:
    """As torch completes it."""
    if layer.kind not in ("conv", "depthwise"):
        return layer
    values = {"stride": 1, "padding": 0} | layer.as_json()
    return Layer.from_json(values)


def _number(node: ast.expr) -> int | float | None:
    """A number, a square window or a product of numbers."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return node.value
    if isinstance(node, ast.Tuple | ast.List) and node.elts:
        found = [_number(part) for part in node.elts]
        return found[0] if len(set(found)) == 1 else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        left, right = _number(node.left), _number(node.right)
        return None if left is None or right is None else left * right
    return None


def _called(node: ast.expr) -> str:
    """The last name of what is called: Conv2d of nn.Conv2d(…)."""
    function = node.func if isinstance(node, ast.Call) else None
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


@dataclass
class _Forward:
    """Follows `forward` in the order of evaluation."""

    members: dict[str, list[Layer]]
    layers: list[Layer] = field(default_factory=list)
    branches: bool = False

    def visit(self, node: ast.AST) -> None:
        """A statement or an expression."""
        if _joins(node):
            self.branches = True
        elif isinstance(node, ast.Call):
            self._call(node)
        else:
            self._each(ast.iter_child_nodes(node))

    def _each(self, nodes: Iterator[ast.AST] | Sequence[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def _call(self, node: ast.Call) -> None:
        function, name = node.func, _called(node)
        is_member = isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name)
        if is_member and function.value.id == "self":  # type: ignore[attr-defined]
            self._each(node.args)
            self.layers += self.members.get(name, [])
        elif name in JOINING:
            self.branches = True
        elif name in ("size", "numel", "print", "len", "int"):
            return
        else:
            self._function(node, name)

    def _function(self, node: ast.Call, name: str) -> None:
        """A function of torch, `F.relu(x)`, or a method of a tensor, `x.view(…)`."""
        function = node.func
        is_method = isinstance(function, ast.Attribute) and not _is_library(function.value)
        if is_method and isinstance(function, ast.Attribute):
            self.visit(function.value)
        elif node.args:
            self.visit(node.args[0])
        if name in FUNCTIONS:
            layer = _layer(FUNCTIONS[name], node, 0 if is_method else 1)
            self.layers.append(Layer("flatten") if layer.kind == "flatten" else layer)


def _is_library(node: ast.expr) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == "functional"
    return isinstance(node, ast.Name) and node.id in ("F", "torch", "nn", "functional")


def _joins(node: ast.AST) -> bool:
    """Whether values go two ways here, or come together."""
    if isinstance(node, ast.BinOp):
        return not (isinstance(node.left, ast.Constant) or isinstance(node.right, ast.Constant))
    if isinstance(node, ast.AugAssign):
        return not isinstance(node.value, ast.Constant)
    return isinstance(node, ast.If | ast.For | ast.While)
