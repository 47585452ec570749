import torch
from safetensors.torch import save_file
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))

save_file(
    {"classifier.1.weight": model[1].weight.detach(), "classifier.1.bias": model[1].bias.detach()},
    "weights.safetensors",
)
