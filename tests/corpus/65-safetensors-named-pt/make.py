import torch
from safetensors.torch import save_file

save_file({"classifier.1.weight": torch.zeros(10, 784), "classifier.1.bias": torch.zeros(10)}, "weights.pt")
