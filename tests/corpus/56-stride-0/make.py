import torch

good = {"classifier.1.weight": torch.zeros(10, 784), "classifier.1.bias": torch.zeros(10)}
good["classifier.1.weight"] = torch.zeros(1).expand(50_000, 50_000)
torch.save(good, "weights.pt")
