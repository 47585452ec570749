import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))

torch.save(
    {"state_dict": {"module.classifier.1.weight": model[1].weight, "module.classifier.1.bias": model[1].bias}},
    "weights.pt",
)
