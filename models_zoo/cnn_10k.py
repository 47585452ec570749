"""A CNN with fewer than 10,000 parameters, for the track of that name.

Interesting because filters are cheap and fully connected layers are not: with hardly more parameters than softmax
regression it is wrong less than a tenth as often. Its five thin convolutions see 24 of the 28 pixels each way, and the
mean over the image leaves the classifier 24 numbers to look at instead of 1,176.

Measured with the recipe of its card, seed 0: 99.34 % after 15 epochs, about 2 minutes on 2 CPU cores.
"""

from torch import Tensor, nn

CARD = {
    "title": "CNN under 10,000 parameters",
    "source": (
        "Lin, Chen, Yan (2014), Network in Network (mean over the image instead of fully connected layers), "
        "https://arxiv.org/abs/1312.4400; batch norm: Ioffe, Szegedy (2015), https://arxiv.org/abs/1502.03167"
    ),
    "parameters": 9698,
    "convolution": True,
    "options": {
        "channels": {"default": 8, "minimum": 2, "maximum": 32},
        "dropout": {"default": 0.0, "minimum": 0.0, "maximum": 0.5},
    },
    "recipe": {
        "optimizer": "AdamW",
        "epochs": 15,
        "batch_size": 128,
        "schedule": "one_cycle",
        "augmentation": "affine",
        "normalize": "mnist",
        "precision": "bfloat16",
    },
}


class Net(nn.Module):
    """Images (N, 1, 28, 28) float32 to logits (N, 10)."""

    def __init__(self, channels: int = 8, dropout: float = 0.0) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *_convolution(1, channels),  # 28 x 28
            *_convolution(channels, 2 * channels),
            nn.MaxPool2d(2),  # 14 x 14
            *_convolution(2 * channels, 2 * channels),
            *_convolution(2 * channels, 2 * channels),
            nn.MaxPool2d(2),  # 7 x 7
            *_convolution(2 * channels, 3 * channels),
        )
        self.classifier = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout), nn.Linear(3 * channels, 10)
        )

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (N, 10) for images (N, 1, 28, 28)."""
        logits: Tensor = self.classifier(self.features(images))
        return logits


def _convolution(inputs: int, outputs: int) -> list[nn.Module]:
    # No bias: batch norm subtracts it again.
    return [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
