"""Layers in posted code: what `__init__` makes, in the order in which `forward` uses it. Read, never run.

Whatever is not understood to the last argument becomes a layer of the kind `other`, which nobody rebuilds: a network
that is nearly the posted one would be measured in its name.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from app.core.thread.layers import ACTIVATIONS, LAYERS_MAXIMUM, POSITIONS, TEXT_MAXIMUM, Layer, make_layer

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
# What these are by default; with anything else it is another layer.
DEFAULTS: dict[str, object] = {
    "bias": True, "dilation": 1, "ceil_mode": False, "return_indices": False, "padding_mode": "zeros", "affine": True,
    "track_running_stats": True, "momentum": 0.1, "eps": 1e-5, "count_include_pad": True, "divisor_override": None,
    "negative_slope": 0.01, "alpha": 1.0, "approximate": "none", "start_dim": 1, "end_dim": -1, "p": 0.5,
}  # fmt: skip
# What these say changes nothing, or nothing that can be said otherwise.
HARMLESS = ("inplace", "dim", "training", "device", "dtype")
# Sizes that follow from the layers before, whatever name the code has for them.
FOLLOWING = ("inputs", "outputs")
SILENT = ("size", "numel", "print", "len", "int")
SAME_VALUES = ("contiguous", "cuda", "cpu", "to", "float")
MODULE_CHANGES = ("add_module", "append", "extend", "insert", "register_module")
WEIGHTY = ("conv", "depthwise", "linear", "batch_norm")
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
    # The last class is the network; those before it are its parts.
    for node in reversed(module.body):
        if isinstance(node, ast.ClassDef) and (code := _class(node)):
            return code
    for node in module.body:
        if isinstance(node, ast.Assign) and _called(node.value) == "Sequential":
            return Code(_cut(list(_module(node.value))))
    return None


def _class(node: ast.ClassDef) -> Code | None:
    methods = {item.name: item for item in node.body if isinstance(item, ast.FunctionDef)}
    if "forward" not in methods or "__init__" not in methods:
        return None
    reading = _Forward(_members(methods["__init__"]), _inputs(methods["forward"]))
    for statement in methods["forward"].body:
        reading.state(statement)
    return Code(_cut(reading.layers), reading.branches) if reading.layers else None


def _cut(layers: list[Layer]) -> tuple[Layer, ...]:
    """As many as are kept; a part of a network is not that network."""
    is_whole = len(layers) <= LAYERS_MAXIMUM
    return tuple(layers) if is_whole else (*layers[: LAYERS_MAXIMUM - 1], Layer("other", text="…"))


def _other(node: ast.AST | str) -> Layer:
    """What is not understood, as it stands in the code."""
    text = node if isinstance(node, str) else ast.unparse(node)
    return Layer("other", text=" ".join(text.split())[:TEXT_MAXIMUM])


def _inputs(method: ast.FunctionDef) -> set[str]:
    return {argument.arg for argument in method.args.args[1:2]}


def _members(method: ast.FunctionDef) -> dict[str, list[Layer]]:
    """What `self.<name> = …` holds, for names that are assigned once and never changed."""
    made: dict[str, list[Layer]] = {}
    for node in method.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Attribute):
            made[node.targets[0].attr] = list(_module(node.value))
    top = {id(node.targets[0]) for node in method.body if isinstance(node, ast.Assign)}
    for part in ast.walk(method):
        if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store) and id(part) not in top:
            made.pop(part.attr, None)
        # `self.body.append(…)`
        owner = getattr(part.func, "value", None) if isinstance(part, ast.Call) else None
        if isinstance(owner, ast.Attribute) and _called(part) in MODULE_CHANGES:
            made.pop(owner.attr, None)
    return made


def _module(node: ast.expr) -> Iterator[Layer]:
    """The layers that a call of torch makes; one that is not known here as itself."""
    name = _called(node)
    if isinstance(node, ast.Attribute) and FUNCTIONS.get(node.attr) in ACTIVATIONS:
        yield Layer(FUNCTIONS[node.attr])
    elif not isinstance(node, ast.Call) or not name:
        yield _other(node)
    elif name == "Sequential" and not node.keywords:
        for argument in node.args:
            yield from _module(argument)
    elif name in MODULES:
        yield _completed(_layer(MODULES[name], node))
    elif name != "Identity":
        yield _other(name)


def _layer(kind: str, node: ast.Call, skipped: int = 0) -> Layer:
    """A layer with its numbers; `other` if there is an argument that is not understood."""
    arguments = node.args[skipped:]
    if kind in ("softmax", "log_softmax"):
        return Layer("log_softmax", text=kind if kind == "softmax" else "")
    if kind == "global_pool":
        sizes = arguments + [key.value for key in node.keywords]
        return Layer(kind) if len(sizes) == 1 and _number(sizes[0]) == 1 else _other(node)
    if not all(_is_understood(kind, key) for key in node.keywords) or not _are_understood(kind, arguments):
        return _other(node)
    named = {NAMES[key.arg]: _number(key.value) for key in node.keywords if key.arg in NAMES}
    named |= _padding_in_words(kind, node, arguments)
    given = {name: value for name, value in named.items() if value is not None}
    positional = [_number(argument) for argument in arguments]
    if kind in ("conv", "linear") and len(positional) == 1:
        positional.append(None)
    layer = make_layer(kind, positional, given)
    lacks_size = kind in ("conv", "max_pool", "mean_pool") and layer.kernel is None
    is_dropped = any(getattr(layer, name) != value for name, value in given.items() if name != "groups")
    return _other(node) if lacks_size or is_dropped else layer


def _is_understood(kind: str, key: ast.keyword) -> bool:
    """Whether a named argument is a number of ours, says nothing, or says what is so anyway."""
    if key.arg in NAMES and (kind in POSITIONS or key.arg not in DEFAULTS):
        is_said = NAMES[key.arg] in FOLLOWING or _number(key.value) is not None
        return is_said or (key.arg == "padding" and _word(key.value) in ("same", "valid"))
    if key.arg in HARMLESS:
        return True
    return key.arg in DEFAULTS and _word(key.value) == DEFAULTS[key.arg]


def _are_understood(kind: str, arguments: Sequence[ast.expr]) -> bool:
    """The same for arguments without names."""
    if kind not in POSITIONS:
        # An inplace, or the dimension from which on is flattened.
        return all(_word(argument) in (True, False) for argument in arguments)
    names = POSITIONS[kind]
    for name, argument in zip(names, arguments, strict=False):
        is_default = not name and _number(argument) == 1
        is_words = name == "padding" and _word(argument) in ("same", "valid")
        if not (is_default or is_words or name in FOLLOWING or (name and _number(argument) is not None)):
            return False
    return all(_word(argument) is True for argument in arguments[len(names) :])


def _padding_in_words(kind: str, node: ast.Call, arguments: Sequence[ast.expr]) -> dict[str, int | float | None]:
    """`padding='same'` in pixels; None, which is no window's, where it is not the same on both sides."""
    values = {key.arg: key.value for key in node.keywords}
    place = dict(zip(POSITIONS.get(kind, ()), arguments, strict=False)) | {
        NAMES.get(str(k), ""): v for k, v in values.items()
    }
    word = _word(place["padding"]) if "padding" in place else None
    if word not in ("same", "valid"):
        return {}
    kernel = _number(place["kernel"]) if "kernel" in place else None
    # An even window has no such padding: what does not fit is found by its caller.
    if word == "same":
        return {"padding": int(kernel) // 2 if kernel and kernel % 2 else -1}
    return {"padding": 0}


def _word(node: ast.expr) -> object:
    """A constant."""
    return node.value if isinstance(node, ast.Constant) else _number(node)


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


def _called(node: ast.AST) -> str:
    """The last name of what is called: Conv2d of nn.Conv2d(…)."""
    function = node.func if isinstance(node, ast.Call) else None
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


@dataclass
class _Forward:
    """Follows `forward` in the order of evaluation. `current`: the names of what the layers so far have made."""

    members: dict[str, list[Layer]]
    current: set[str]
    layers: list[Layer] = field(default_factory=list)
    branches: bool = False
    used: set[str] = field(default_factory=set)
    older: set[str] = field(default_factory=set)

    def state(self, node: ast.stmt) -> None:
        """A statement: what it computes from must be what was made last."""
        before = len(self.layers)
        self.visit(node)
        names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)}
        is_made = len(self.layers) > before
        if names & self.older and (is_made or isinstance(node, ast.Return)):
            self.branches = True
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
            self.branches = True
        if isinstance(node, ast.Assign):
            self._assign(node, is_made)

    def _assign(self, node: ast.Assign, is_made: bool) -> None:
        targets = {each.id for target in node.targets for each in ast.walk(target) if isinstance(each, ast.Name)}
        is_alias = isinstance(node.value, ast.Name) and node.value.id in self.current
        if is_made:
            self.older |= self.current - targets
            self.current = targets
            self.older -= targets
        elif is_alias:
            self.current |= targets
        elif isinstance(node.value, ast.Name) and node.value.id in self.older:
            self.older |= targets
            self.current -= targets

    def visit(self, node: ast.AST) -> None:
        """A statement or an expression."""
        if _joins(node):
            self.branches = True
        elif isinstance(node, ast.Call):
            self._call(node)
        elif _is_shape(node) or (isinstance(node, ast.BinOp) and _number(node) is not None):
            return
        else:
            self._each(ast.iter_child_nodes(node))
            if isinstance(node, ast.BinOp | ast.AugAssign | ast.UnaryOp | ast.Subscript | ast.Attribute | ast.Starred):
                self._refuse(node)

    def _refuse(self, node: ast.AST) -> None:
        is_own = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
        is_number = isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant)
        if not (is_own or is_number):
            self.layers.append(_other(node))

    def _each(self, nodes: Iterator[ast.AST] | Sequence[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def _call(self, node: ast.Call) -> None:
        function, name = node.func, _called(node)
        is_member = isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name)
        if is_member and function.value.id == "self":  # type: ignore[attr-defined]
            self._each(node.args)
            self._member(name)
        elif name in JOINING:
            self.branches = True
        elif name not in SILENT:
            self._function(node, name)

    def _member(self, name: str) -> None:
        layers = self.members.get(name)
        if layers is None:
            layers = [_other(f"self.{name}")]
        elif name in self.used and any(layer.kind in WEIGHTY for layer in layers):
            # Weights that are used twice are no two layers.
            layers = [_other(f"2 × self.{name}")]
        self.used.add(name)
        self.layers += layers

    def _function(self, node: ast.Call, name: str) -> None:
        """A function of torch, `F.relu(x)`, or a method of a tensor, `x.view(…)`."""
        function = node.func
        is_method = isinstance(function, ast.Attribute) and not _is_library(function.value)
        if is_method and isinstance(function, ast.Attribute):
            self.visit(function.value)
        elif node.args:
            self.visit(node.args[0])
        arguments = node.args if is_method else node.args[1:]
        if name not in SAME_VALUES or not is_method:
            self.layers += self._made(node, name.removesuffix("_"), arguments, 0 if is_method else 1)

    def _made(self, node: ast.Call, name: str, arguments: Sequence[ast.expr], skipped: int) -> list[Layer]:
        kind = FUNCTIONS.get(name)
        if kind == "flatten":
            return self._reshaped(node, name, arguments)
        if name == "mean" and _averages_maps(node, arguments):
            return [Layer("global_pool"), Layer("flatten")]
        if kind is None:
            return [_other(ast.unparse(node.func) if name else node)]
        return [_layer(kind, node, skipped)]

    def _reshaped(self, node: ast.Call, name: str, arguments: Sequence[ast.expr]) -> list[Layer]:
        """Maps made plain numbers, or images given the shape that they have."""
        if name == "flatten":
            given = [*arguments, *(key.value for key in node.keywords)]
            return [Layer("flatten") if [_word(each) for each in given] in ([], [1]) else _other(node)]
        if len(arguments) == 1 and isinstance(arguments[0], ast.Tuple | ast.List):
            arguments = arguments[0].elts
        if len(arguments) == 2:
            return [Layer("flatten")]
        is_image = len(arguments) == 4 and [_word(each) for each in arguments[1:]] == [1, 28, 28]
        return [] if is_image and not self.layers else [_other(node)]


def _averages_maps(node: ast.Call, arguments: Sequence[ast.expr]) -> bool:
    """`x.mean(dim=(2, 3))`."""
    given = [*arguments, *(key.value for key in node.keywords if key.arg == "dim")]
    if len(given) != 1 or len(node.keywords) > 1 or not isinstance(given[0], ast.Tuple | ast.List):
        return False
    return [ast.unparse(each) for each in given[0].elts] in (["2", "3"], ["-2", "-1"], ["-1", "-2"])


def _is_shape(node: ast.AST) -> bool:
    """`x.shape[0]`, a docstring, or a library."""
    if isinstance(node, ast.Subscript):
        return _is_shape(node.value)
    return isinstance(node, ast.Attribute) and (node.attr in ("shape", "device", "dtype") or _is_library(node))


def _is_library(node: ast.expr) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == "functional"
    return isinstance(node, ast.Name) and node.id in ("F", "torch", "nn", "functional")


def _joins(node: ast.AST) -> bool:
    """Whether values go two ways here, or come together."""
    if isinstance(node, ast.BinOp) and _number(node) is None:
        return not (isinstance(node.left, ast.Constant) or isinstance(node.right, ast.Constant))
    if isinstance(node, ast.AugAssign):
        return not isinstance(node.value, ast.Constant)
    return isinstance(node, ast.If | ast.For | ast.While | ast.IfExp | ast.comprehension | ast.Lambda | ast.Try)
