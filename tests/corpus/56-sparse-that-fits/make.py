import torch

good = {"classifier.1.weight": torch.zeros(10, 784), "classifier.1.bias": torch.zeros(10)}
good["classifier.1.weight"] = torch.zeros(10, 784).to_sparse()
torch.save(good, "weights.pt")
