"""Exported programs (.pt2) in which something is hidden, for the files `make.py` of the corpus."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

Change = Callable[[str, bytes], bytes]


def export_honestly() -> dict[str, bytes]:
    """The entries of an honest program's archive."""
    batch = torch.export.Dim("batch", min=1, max=100_000)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    program = torch.export.export(model, (torch.zeros(2, 1, 28, 28),), dynamic_shapes=({0: batch},))
    torch.export.save(program, "honest.pt2")
    with zipfile.ZipFile("honest.pt2") as archive:
        entries = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    Path("honest.pt2").unlink()
    return entries


def save_changed(entries: dict[str, bytes], change: Change) -> None:
    """Write model.pt2 with some of the entries changed."""
    changed = {name: change(name, content) for name, content in entries.items()}
    assert changed != entries, "nothing was changed"
    with zipfile.ZipFile("model.pt2", "w") as archive:
        for name, content in changed.items():
            archive.writestr(name, content)


def code(decoys: str) -> str:
    """What the program runs if it is let: it says so and tries the same as any other code."""
    return f"""
import os
print("TRIED code in a program", flush=True)
for what, act in (
    ("database from a program", lambda: open("{decoys}/shared.db", "rb").read()),
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
    """Runs code when it is unpickled."""

    def __init__(self, decoys: str) -> None:
        self.decoys = decoys

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, (code(self.decoys),)
