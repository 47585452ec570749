import torch

good = {"classifier.1.weight": torch.zeros(10, 784), "classifier.1.bias": torch.zeros(10)}
good["classifier.1.weight"] = torch.zeros(10, 784, dtype=torch.complex64)
torch.save(good, "weights.pt")
