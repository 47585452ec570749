import torch

good = {"classifier.1.weight": torch.zeros(10, 784), "classifier.1.bias": torch.zeros(10)}
good |= {f"name{number}": good["classifier.1.bias"] for number in range(20_000)} | {
    "n" * (1 << 20): good["classifier.1.bias"]
}
torch.save(good, "weights.pt")
