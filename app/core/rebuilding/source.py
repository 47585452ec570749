"""The model file of a rebuilt network. Only numbers and words of ours go into it, nothing that a post says."""

from collections.abc import Callable, Sequence

from app.core.rebuilding.shapes import Step
from app.core.thread.layers import Layer

HEAD = '''"""Rebuilt from a list of layers in a post of the old thread: claim {number}.

{claimed}What the post left open was filled in; the page of the claim names it.
"""

from torch import Tensor, nn


class Net(nn.Module):
    """Images (N, 1, 28, 28) to {meaning} (N, 10)."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
'''
TAIL = '''        )

    def forward(self, images: Tensor) -> Tensor:
        """Return {meaning} (N, 10) for images (N, 1, 28, 28)."""
        outputs: Tensor = self.layers(images)
        return outputs
'''
PLAIN = {
    "relu": "ReLU()",
    "leaky_relu": "LeakyReLU()",
    "elu": "ELU()",
    "gelu": "GELU()",
    "silu": "SiLU()",
    "sigmoid": "Sigmoid()",
    "tanh": "Tanh()",
    "flatten": "Flatten()",
    "log_softmax": "LogSoftmax(dim=1)",
    "global_pool": "AdaptiveAvgPool2d(1)",
}


def source_of(steps: Sequence[Step], number: int, accuracy: float | None) -> str:
    """Python source with a class `Net`."""
    meaning = "log-probabilities" if any(step.layer.kind == "log_softmax" for step in steps) else "scores"
    claimed = "" if accuracy is None else f"Claimed there: {accuracy * 100:.2f} % of the test images read right.\n"
    lines = [f"            nn.{_call(step)},{_comment(step)}\n" for step in steps]
    head = HEAD.format(number=number, claimed=claimed, meaning=meaning)
    return head + "".join(lines) + TAIL.format(meaning=meaning)


def _comment(step: Step) -> str:
    return f"  # {' x '.join(map(str, step.shape))}" if step.layer.kind in SIZED else ""


def _call(step: Step) -> str:
    layer = step.layer
    return PLAIN[layer.kind] if layer.kind in PLAIN else SIZED_CALLS[layer.kind](layer, step.shape)


def _conv(layer: Layer, _: tuple[int, ...]) -> str:
    more = {"stride": (layer.stride, 1), "padding": (layer.padding, 0), "groups": (layer.groups, None)}
    changed = [f"{name}={value}" for name, (value, usual) in more.items() if value != usual]
    return f"Conv2d({', '.join([str(layer.inputs), str(layer.outputs), str(layer.kernel), *changed])})"


def _pool(layer: Layer, _: tuple[int, ...]) -> str:
    name = "MaxPool2d" if layer.kind == "max_pool" else "AvgPool2d"
    more = [f"stride={layer.stride}"] if layer.stride != layer.kernel else []
    more += [f"padding={layer.padding}"] if layer.padding else []
    return f"{name}({', '.join([str(layer.kernel), *more])})"


def _norm(layer: Layer, shape: tuple[int, ...]) -> str:
    return f"BatchNorm{2 if len(shape) == 3 else 1}d({layer.inputs})"


def _dropout(layer: Layer, _: tuple[int, ...]) -> str:
    return f"Dropout{'2d' if layer.kind == 'dropout_maps' else ''}({float(layer.share or 0):.6g})"


def _linear(layer: Layer, _: tuple[int, ...]) -> str:
    return f"Linear({layer.inputs}, {layer.outputs})"


SIZED = ("conv", "depthwise", "max_pool", "mean_pool", "global_pool")
SIZED_CALLS: dict[str, Callable[[Layer, tuple[int, ...]], str]] = {
    "conv": _conv,
    "depthwise": _conv,
    "max_pool": _pool,
    "mean_pool": _pool,
    "batch_norm": _norm,
    "dropout": _dropout,
    "dropout_maps": _dropout,
    "linear": _linear,
}
