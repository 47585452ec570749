import torch

good = {"classifier.1.weight": torch.zeros(10, 784), "classifier.1.bias": torch.zeros(10)}
good |= {5: good["classifier.1.bias"], ("a", 1): good["classifier.1.bias"], None: 3}
torch.save(good, "weights.pt")
