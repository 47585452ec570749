"""The forms in which networks want their images: how many dimensions, how large, how many channels."""

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

SIDE = 28
PADDING = 2  # pixels on each side, from 28 to LeNet's 32


@dataclass(frozen=True)
class Layout:
    """One form of the input: its shape without the batch, and whether 28 pixels are padded or scaled to a larger side.

    `name` is the shape as people write it: N×1×28×28.
    """

    shape: tuple[int, ...]
    side: int = SIDE
    is_scaled: bool = False

    @property
    def name(self) -> str:
        """The shape as people write it."""
        return "×".join(["N", *map(str, self.shape)])

    @property
    def padding(self) -> int:
        """How many black pixels are added on each side."""
        return 0 if self.is_scaled or self.side == SIDE else PADDING

    def apply(self, pixels: Tensor) -> Tensor:
        """Return float images (N, 1, 28, 28) in this form, each number in memory of its own."""
        if self.is_scaled:
            size = (self.side, self.side)
            pixels = functional.interpolate(pixels, size, mode="bilinear", align_corners=False, antialias=True)
        elif self.padding:
            pixels = functional.pad(pixels, [PADDING] * 4)
        if self.shape[0] == 3:
            pixels = pixels.repeat(1, 3, 1, 1)
        return pixels.reshape(len(pixels), *self.shape)


PLAIN = Layout((1, 28, 28))
# In the order in which they are tried: a network may run with several, and then the plainest is meant.
LAYOUTS = (
    PLAIN,
    Layout((28, 28)),
    Layout((784,)),
    Layout((1, 32, 32), 32),
    Layout((3, 28, 28)),
    Layout((3, 32, 32), 32),
    Layout((28, 28, 1)),  # as TensorFlow has images
    Layout((32, 32, 1), 32),
    Layout((1, 784)),
    Layout((784, 1)),
    Layout((1024,), 32),
)
# As networks for photographs want them: 64 times the work, so only where nothing else runs and it does not take long.
LARGE_LAYOUTS = (Layout((1, 224, 224), 224, is_scaled=True), Layout((3, 224, 224), 224, is_scaled=True))


def similar_layouts(layout: Layout) -> list[Layout]:
    """Return the other sizes that a network may have been trained with and that its code does not tell apart."""
    if layout.shape not in ((1, 28, 28), (3, 28, 28), (1, 32, 32), (3, 32, 32)):
        return []
    shape = (layout.shape[0], 32, 32)
    return [other for other in (Layout(shape, 32), Layout(shape, 32, is_scaled=True)) if other != layout]
