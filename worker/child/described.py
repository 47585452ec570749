"""Exported models that know their own layers, which hooks would not see."""

from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True)
class Layer:
    """One layer; `output` is its shape without the batch, empty where it is not known."""

    name: str
    type: str
    output: list[int]
    parameters: int


class DescribedModel(nn.Module):
    """A model that is not built of modules of its own."""

    def __init__(self, layers: list[Layer], parameter_count: int) -> None:
        super().__init__()
        self.layers = layers
        self.parameter_count = parameter_count
