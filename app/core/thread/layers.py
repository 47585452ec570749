"""Layers as posts name them: what was said of each, and nothing more."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

NUMBER_MAXIMUM = 100_000
LAYERS_MAXIMUM = 64
TEXT_MAXIMUM = 40
# What goes into the brackets of each kind, in the order of torch.
POSITIONS: Mapping[str, tuple[str, ...]] = {
    "conv": ("inputs", "outputs", "kernel", "stride", "padding", "", "groups"),
    "depthwise": ("inputs", "outputs", "kernel", "stride", "padding"),
    "linear": ("inputs", "outputs"),
    "max_pool": ("kernel", "stride", "padding"),
    "mean_pool": ("kernel", "stride", "padding"),
    "batch_norm": ("inputs",),
    "dropout": ("share",),
    "dropout_maps": ("share",),
}
# Images have 28 × 28 pixels.
WINDOW_MAXIMUM = 28
WINDOWED = ("conv", "depthwise", "max_pool", "mean_pool")
ACTIVATIONS = ("relu", "leaky_relu", "elu", "gelu", "silu", "sigmoid", "tanh")
# How each kind is written where a person reads or corrects it; the reader of posts reads it back.
WORDS = {
    "conv": "conv",
    "depthwise": "depthwise",
    "linear": "linear",
    "max_pool": "max pool",
    "mean_pool": "average pool",
    "global_pool": "global average pool",
    "batch_norm": "batch norm",
    "dropout": "dropout",
    "dropout_maps": "dropout2d",
    "flatten": "flatten",
    "log_softmax": "log-softmax",
    "relu": "ReLU",
    "leaky_relu": "leaky ReLU",
    "elu": "ELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
}


@dataclass(frozen=True)
class Layer:
    """One layer. None: not said. `share` is dropout's; `text` is the word of a kind that is not known here."""

    kind: str
    inputs: int | None = None
    outputs: int | None = None
    kernel: int | None = None
    stride: int | None = None
    padding: int | None = None
    groups: int | None = None
    share: float | None = None
    text: str = ""

    @property
    def is_weighty(self) -> bool:
        """Whether it is one of those that make a list of layers: with weights, and its size is said."""
        return self.kind in ("conv", "linear") and self.outputs is not None

    def as_json(self) -> dict[str, Any]:
        """What the database keeps: that which was said."""
        return {name: value for name, value in asdict(self).items() if value not in (None, "")}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Layer":
        """The inverse of `as_json`."""
        return cls(**{field.name: stored[field.name] for field in fields(cls) if field.name in stored})


def make_layer(kind: str, positional: Sequence[int | float | None], named: Mapping[str, int | float]) -> Layer:
    """A layer from the numbers in its brackets; those that cannot be meant are dropped."""
    names = POSITIONS.get(kind, ())
    if len(positional) == 1 and kind in ("conv", "linear"):
        names = ("outputs",)
    given = {name: value for name, value in zip(names, positional, strict=False) if name and value is not None}
    known = POSITIONS.get(kind, ())
    every = (given | dict(named)).items()
    fitting: dict[str, Any] = {name: value for name, value in every if name in known and _fits(name, value)}
    return _tidied(Layer(kind, **fitting))


def _fits(name: str, value: int | float) -> bool:
    if name == "share":
        return 0 <= value < 1
    smallest = 0 if name == "padding" else 1
    largest = WINDOW_MAXIMUM if name in ("kernel", "stride", "padding") else NUMBER_MAXIMUM
    return isinstance(value, int) and smallest <= value <= largest


def _tidied(layer: Layer) -> Layer:
    """A convolution with a group per map is called by its name."""
    is_depthwise = layer.kind == "conv" and layer.groups not in (None, 1) and layer.groups == layer.inputs
    if is_depthwise and layer.inputs == layer.outputs:
        layer = replace(layer, kind="depthwise")
    return replace(layer, groups=None) if layer.kind == "depthwise" or layer.groups == 1 else layer


def written(layers: Sequence[Layer]) -> str:
    """Layers in one line: `conv 1->10 5x5, ReLU, max pool 2, linear 2000->500`."""
    return ", ".join(_written(layer) for layer in layers)


def _written(layer: Layer) -> str:
    parts = [layer.text or WORDS[layer.kind]]
    parts += _written_maps(layer)
    if layer.kernel:
        parts.append(f"{layer.kernel}x{layer.kernel}")
    parts += [f"{word} {value}" for word, value in _more(layer) if value is not None]
    return " ".join(parts)


def _written_maps(layer: Layer) -> list[str]:
    if layer.inputs and layer.outputs:
        return [f"{layer.inputs}->{layer.outputs}"]
    if layer.inputs:
        return [str(layer.inputs) if layer.kind == "batch_norm" else f"inputs {layer.inputs}"]
    return [f"outputs {layer.outputs}" if layer.kind == "depthwise" else str(layer.outputs)] if layer.outputs else []


def _more(layer: Layer) -> list[tuple[str, Any]]:
    share = None if layer.share is None else f"{layer.share:.10g}"
    return [("stride", layer.stride), ("padding", layer.padding), ("groups", layer.groups), ("rate", share)]
