import zipfile

import torch

torch.save({"classifier.1.weight": torch.zeros(10, 784), "classifier.1.bias": torch.zeros(10)}, "good.pt")
with zipfile.ZipFile("good.pt") as good, zipfile.ZipFile("weights.pt", "w") as bad:
    for entry in good.infolist():
        content = good.read(entry)
        if entry.filename.endswith("data.pkl"):
            # The number of elements of the first storage: 7,840 as a two-byte integer becomes two milliard.
            changed = content.replace(b"M\xa0\x1e", b"J\xff\xff\xff\x7f", 1)
            assert changed != content
            content = changed
        bad.writestr(entry.filename, content)
__import__("os").unlink("good.pt")
