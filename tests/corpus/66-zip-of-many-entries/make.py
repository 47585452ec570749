import zipfile

import torch

torch.save({"classifier.1.weight": torch.zeros(10, 784), "classifier.1.bias": torch.zeros(10)}, "weights.pt")
with zipfile.ZipFile("weights.pt", "a") as archive:
    for number in range(50_000):
        archive.writestr(f"weights/data/{number + 2}", b"")
