import torch
from torch import nn

torch.save(nn.Sequential(nn.Flatten(), nn.Linear(784, 10)), "weights.pt")
