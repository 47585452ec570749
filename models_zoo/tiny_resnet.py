"""A tiny residual network: three stages of blocks whose input is added to their output.

Interesting because of that one addition: it gives the gradient a straight way back to the first layer, so that adding
blocks does not make training harder. Try `blocks` 1 and 4 with the same recipe.

Measured with the recipe of its card, seed 0: 99.53 % after 8 epochs, about 3 minutes on 2 CPU cores.
"""

from torch import Tensor, nn
from torch.nn import functional

CARD = {
    "title": "Tiny ResNet",
    "source": (
        "He, Zhang, Ren, Sun (2016), Deep Residual Learning for Image Recognition, https://arxiv.org/abs/1512.03385"
    ),
    "parameters": 77754,
    "convolution": True,
    "options": {
        "channels": {"default": 16, "minimum": 4, "maximum": 32},
        "blocks": {"default": 1, "minimum": 1, "maximum": 4},
    },
    "recipe": {
        "momentum": 0.9,
        "nesterov": True,
        "learning_rate": 0.1,
        "weight_decay": 0.0005,
        "epochs": 8,
        "batch_size": 128,
        "schedule": "one_cycle",
        "augmentation": "shift",
        "normalize": "mnist",
        "precision": "bfloat16",
    },
}


class Block(nn.Module):
    """Two 3x3 convolutions around a shortcut: (N, inputs, H, W) to (N, outputs, H / stride, W / stride)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(outputs)
        self.shortcut: nn.Module = nn.Identity()
        if stride > 1 or inputs != outputs:
            shrink = nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False)
            self.shortcut = nn.Sequential(shrink, nn.BatchNorm2d(outputs))

    def forward(self, maps: Tensor) -> Tensor:
        """Return the block's maps, ReLU last."""
        inner = functional.relu(self.first_norm(self.first(maps)))
        return functional.relu(self.second_norm(self.second(inner)) + self.shortcut(maps))


class Net(nn.Module):
    """Images (N, 1, 28, 28) float32 to logits (N, 10); `blocks` is the number of blocks in each of the three stages."""

    def __init__(self, channels: int = 16, blocks: int = 1) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels), nn.ReLU())
        self.stages = nn.Sequential(
            *_stage(channels, channels, 1, blocks),  # 28 x 28
            *_stage(channels, 2 * channels, 2, blocks),  # 14 x 14
            *_stage(2 * channels, 4 * channels, 2, blocks),  # 7 x 7
        )
        self.classifier = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4 * channels, 10))

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (N, 10) for images (N, 1, 28, 28)."""
        logits: Tensor = self.classifier(self.stages(self.stem(images)))
        return logits


def _stage(inputs: int, outputs: int, stride: int, blocks: int) -> list[nn.Module]:
    return [Block(inputs, outputs, stride), *(Block(outputs, outputs, 1) for _ in range(blocks - 1))]
