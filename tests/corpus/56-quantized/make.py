import torch

good = {"classifier.1.weight": torch.zeros(10, 784), "classifier.1.bias": torch.zeros(10)}
good["classifier.1.weight"] = torch.quantize_per_tensor(torch.zeros(10, 784), 0.1, 0, torch.qint8)
torch.save(good, "weights.pt")
