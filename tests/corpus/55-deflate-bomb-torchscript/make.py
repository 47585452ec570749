import os
import zipfile

import torch
from torch import nn

model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
torch.jit.script(model).save("stored")

with (
    zipfile.ZipFile("stored") as stored,
    zipfile.ZipFile("model.pt", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed,
):
    for entry in stored.infolist():
        packed.writestr(entry.filename, stored.read(entry))
    prefix = stored.namelist()[0].partition("/")[0]
    packed.writestr(f"{prefix}/extra/bomb", bytes(600_000_000))
os.unlink("stored")
