"""What a post says: the accuracy that it claims, and how that was trained, as far as it can be read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.core.thread.accuracy import read_accuracy
from app.core.thread.code import read_code
from app.core.thread.figures import (
    read_batch_size,
    read_epochs,
    read_learning_rate,
    read_momentum,
    read_optimizer,
)
from app.core.thread.layer_lists import read_layers
from app.core.thread.layers import Layer
from app.core.thread.plain import plain

SETTINGS = ("optimizer", "learning_rate", "momentum", "batch_size", "epochs")


@dataclass(frozen=True)
class Understood:
    """None: the post does not say. `branches`: its code is no chain of layers, so that there is no list of them."""

    accuracy: float | None = None
    optimizer: str | None = None
    learning_rate: float | None = None
    momentum: float | None = None
    batch_size: int | None = None
    epochs: int | None = None
    layers: tuple[Layer, ...] = ()
    branches: bool = False

    @property
    def settings(self) -> dict[str, Any]:
        """The hyperparameters that were given."""
        found = {name: getattr(self, name) for name in SETTINGS}
        return {name: value for name, value in found.items() if value is not None}

    def as_json(self) -> dict[str, Any]:
        """What the database keeps beside the accuracy."""
        found: dict[str, Any] = {name: getattr(self, name) for name in SETTINGS}
        return found | {"layers": [layer.as_json() for layer in self.layers], "branches": self.branches}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any], accuracy: float | None) -> "Understood":
        """The inverse of `as_json`."""
        layers = tuple(Layer.from_json(layer) for layer in stored.get("layers", ()))
        given = {name: stored.get(name) for name in SETTINGS}
        return cls(accuracy, **given, layers=layers, branches=bool(stored.get("branches")))


def understand(text: str) -> Understood:
    """Read a post in English or Chinese. Never raises: what cannot be read is not understood."""
    simple = plain(text)
    code = read_code(simple)
    return Understood(
        accuracy=read_accuracy(simple),
        optimizer=read_optimizer(simple),
        learning_rate=read_learning_rate(simple),
        momentum=read_momentum(simple),
        batch_size=read_batch_size(simple),
        epochs=read_epochs(simple),
        layers=() if code and code.branches else code.layers if code and code.layers else read_layers(simple),
        branches=code is not None and code.branches,
    )
