"""Scripts and notebooks as students hand them in, and short ways to have the child read them."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from worker.child.failure import Failure
from worker.child.script import Script, read_script

FILES = Path(__file__).parent / "files"
IMPORTS = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"
NET = """
class Net(nn.Module):
    def __init__(self, hidden=16):
        super().__init__()
        self.hidden = nn.Linear(784, hidden)
        self.out = nn.Linear(hidden, 10)

    def forward(self, x):
        return self.out(torch.relu(self.hidden(x.flatten(1))))
"""


def read(
    folder: Path, content: str | bytes, name: str = "net.py", **form: str
) -> Script:
    """Have a file of this content read."""
    path = folder / "upload"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_script(path, name, **form)


def build(
    folder: Path, content: str | bytes, name: str = "net.py", **form: str
) -> nn.Module:
    """Have a file of this content read and built."""
    torch.manual_seed(0)
    return read(folder, content, name, **form).build()


def refused(
    folder: Path, content: str | bytes, name: str = "net.py", **form: str
) -> tuple[str, str]:
    """The outcome and the sentence with which a file is refused, by reading or by building."""
    failure = failure_of(folder, content, name, **form)
    return failure.outcome, failure.text % failure.values


def failure_of(
    folder: Path, content: str | bytes, name: str = "net.py", **form: str
) -> Failure:
    """The failure with which a file is refused."""
    with pytest.raises(Failure) as caught:
        read(folder, content, name, **form).build()
    return caught.value


def notebook(*cells: str, **metadata: Any) -> str:
    """A notebook with these code cells, a heading before them."""
    written = [{"cell_type": "markdown", "metadata": {}, "source": ["# Homework\n"]}]
    written += [
        {
            "cell_type": "code",
            "metadata": {},
            "outputs": [],
            "source": cell.splitlines(keepends=True),
        }
        for cell in cells
    ]
    return json.dumps(
        {"cells": written, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    )
