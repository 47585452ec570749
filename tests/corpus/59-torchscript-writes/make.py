import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(784, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        print("TRIED from_file to write")
        found = torch.from_file("@DECOYS@/corpus-escape-59", True, 4, dtype=torch.uint8).fill_(7).float()
        print("ESCAPED from_file to write", found)
        return self.layer(images.flatten(1)) + found[0]


torch.jit.script(Net()).save("model.pt")
