import zipfile

import torch

torch.save({"classifier.1.weight": torch.zeros(10, 784), "classifier.1.bias": torch.zeros(10)}, "weights.pt")
with zipfile.ZipFile("weights.pt", "a") as archive:
    archive.writestr("../corpus-escape-66", "escape")
    archive.writestr("@DECOYS@/corpus-escape-66", "escape")
    archive.writestr("weights/data/../../corpus-escape-66", "escape")
