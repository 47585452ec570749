import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(784, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        print("TRIED loop")
        found = torch.zeros(1)
        while bool(found[0] >= 0):
            found = found + 1
        return self.layer(images.flatten(1)) + found[0]


torch.jit.script(Net()).save("model.pt")
