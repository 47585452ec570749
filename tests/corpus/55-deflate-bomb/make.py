import zipfile

import torch

torch.save({"classifier.1.weight": torch.zeros(100_000_000)}, "stored.pt")
with (
    zipfile.ZipFile("stored.pt") as stored,
    zipfile.ZipFile("weights.pt", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed,
):
    for entry in stored.infolist():
        packed.writestr(entry.filename, stored.read(entry))
__import__("os").unlink("stored.pt")
