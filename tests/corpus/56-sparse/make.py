import torch

good = {"classifier.1.weight": torch.zeros(10, 784), "classifier.1.bias": torch.zeros(10)}
good["classifier.1.weight"] = torch.sparse_coo_tensor([[0], [0]], [1.0], (10**6, 10**6))
torch.save(good, "weights.pt")
