"""How our images are given to a network, and how its answers are read."""

from dataclasses import dataclass

from torch import Tensor

from worker.child.data import to_input
from worker.child.layouts import PLAIN, Layout
from worker.child.losses import LOGITS


@dataclass(frozen=True)
class Interface:
    """`batch_size` is what an exported network was fixed to, or None.

    `kind` is what its ten numbers are, and `training_kind` what they are in training mode.
    """

    layout: Layout = PLAIN
    normalize: str = "none"
    batch_size: int | None = None
    kind: str = LOGITS
    training_kind: str = LOGITS

    def inputs(self, pixels: Tensor) -> Tensor:
        """Return what the network sees of float images (N, 1, 28, 28) in 0..1."""
        return to_input(self.layout.apply(pixels), self.normalize)
