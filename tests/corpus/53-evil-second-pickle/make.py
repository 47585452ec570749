import builtins
import pickle
import zipfile

import torch


class Evil:
    def __reduce__(self):
        return builtins.print, ("ESCAPED code of a pickle",)


good = {"classifier.1.weight": torch.zeros(10, 784), "classifier.1.bias": torch.zeros(10)}
torch.save(good, "weights.pt")
with zipfile.ZipFile("weights.pt", "a") as archive:
    archive.writestr("weights/constants.pkl", pickle.dumps(Evil()))
    archive.writestr("other/data.pkl", pickle.dumps(Evil()))
