"""A small modern CNN: 3x3 convolutions with batch norm, twice halved, then the mean over the image.

Interesting as the plain recipe that needs no trick: batch norm lets the learning rate be high, the global mean replaces
the big fully connected layers of LeNet-5, and small random rotations and shifts stand in for more data.

Measured with the recipe of its card, seed 0: 99.64 % after 12 epochs, about 5 minutes on 2 CPU cores.
"""

from torch import Tensor, nn

CARD = {
    "title": "Small CNN",
    "source": (
        "Simonyan, Zisserman (2015), Very Deep Convolutional Networks, https://arxiv.org/abs/1409.1556; batch norm: "
        "Ioffe, Szegedy (2015), https://arxiv.org/abs/1502.03167; mean over the image: Lin, Chen, Yan (2014), Network "
        "in Network, https://arxiv.org/abs/1312.4400"
    ),
    "parameters": 140458,
    "convolution": True,
    "options": {
        "channels": {"default": 32, "minimum": 4, "maximum": 64},
        "dropout": {"default": 0.1, "minimum": 0.0, "maximum": 0.9},
    },
    "recipe": {
        "optimizer": "AdamW",
        "learning_rate": 0.005,
        "weight_decay": 0.01,
        "epochs": 12,
        "batch_size": 128,
        "schedule": "one_cycle",
        "augmentation": "affine",
        "normalize": "mnist",
        "precision": "bfloat16",
    },
}


class Net(nn.Module):
    """Images (N, 1, 28, 28) float32 to logits (N, 10)."""

    def __init__(self, channels: int = 32, dropout: float = 0.1) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *_convolution(1, channels),  # 28 x 28
            *_convolution(channels, channels),
            nn.MaxPool2d(2),  # 14 x 14
            *_convolution(channels, 2 * channels),
            *_convolution(2 * channels, 2 * channels),
            nn.MaxPool2d(2),  # 7 x 7
            *_convolution(2 * channels, 4 * channels),
        )
        self.classifier = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout), nn.Linear(4 * channels, 10)
        )

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (N, 10) for images (N, 1, 28, 28)."""
        logits: Tensor = self.classifier(self.features(images))
        return logits


def _convolution(inputs: int, outputs: int) -> list[nn.Module]:
    # No bias: batch norm subtracts it again.
    return [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
