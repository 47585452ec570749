import builtins
import io
import pickle
import tarfile


class Evil:
    def __reduce__(self):
        return builtins.print, ("ESCAPED code of a pickle",)


with tarfile.open("weights.pt", "w") as archive:
    for name in ("pickle", "storages", "tensors"):
        content = pickle.dumps(Evil())
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
