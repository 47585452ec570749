import torch
from safetensors.torch import save_file

save_file({"layer.weight": torch.zeros(10, 784), "layer.bias": torch.zeros(10)}, "weights.safetensors")
