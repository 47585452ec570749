import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))

batch = torch.export.Dim("batch", min=1, max=100_000)
program = torch.export.export(model, (torch.zeros(2, 1, 28, 28),), dynamic_shapes=({0: batch},))
torch.export.save(program, "model.pt2")
