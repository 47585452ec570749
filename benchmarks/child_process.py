"""The child as the worker sees it: one process, a job on its standard input, two pipes to read until they end."""

import json
import os
import struct
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.recipes import Recipe
from app.core.settings import CHECKOUT

PREDICTIONS, WEIGHTS, CHANGED = 1, 2, 3

_HEADER = struct.Struct(">4sIIQ")
_START = "import json, sys; from worker.child.main import main; main(json.load(sys.stdin), {progress}, {frames})"


@dataclass(frozen=True)
class Frame:
    """One binary frame."""

    kind: int
    epoch: int
    content: bytes

    def log_probabilities(self) -> NDArray[np.float32]:
        """The predictions in it, (M, 10)."""
        return np.frombuffer(self.content, "<f4").reshape(-1, 10)


@dataclass(frozen=True)
class Spoken:
    """Everything that a child said."""

    lines: list[dict[str, Any]]
    frames: list[Frame]

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        """The lines of one kind, in order."""
        return [line for line in self.lines if line["kind"] == kind]

    def losses(self) -> list[float]:
        """The losses of all steps."""
        return [loss for line in self.of_kind("loss") for loss in line["losses"]]

    def failure(self) -> tuple[str, str]:
        """The outcome and the sentence, its places filled, of the failure that ended the run."""
        last = self.lines[-1]
        return last["outcome"], last["text"] % last["values"]


def make_job(
    data_dir: Path, model: str | None, options: Mapping[str, float] | None = None, **recipe: Any
) -> dict[str, Any]:
    """A training job for a model of the zoo; what the recipe leaves out takes the homework's defaults."""
    return {
        "kind": "train",
        "model": model,
        "options": dict(options or {}),
        "recipe": Recipe(**recipe).model_dump(),
        "data_dir": str(data_dir),
        "model_file": None,
        "weights": None,
        "class_name": "",
        "arguments": "",
        "threads": 2,
    }


def run_child(job: Mapping[str, Any]) -> Spoken:
    """Run a job in a process of its own.

    Raises:
        subprocess.CalledProcessError: the process ended with a status other than 0.
    """
    progress_read, progress_write = os.pipe()
    frames_read, frames_write = os.pipe()
    command = [sys.executable, "-c", _START.format(progress=progress_write, frames=frames_write)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=(progress_write, frames_write), cwd=CHECKOUT)
    os.close(progress_write)
    os.close(frames_write)
    with ThreadPoolExecutor(2) as readers:
        lines, frames = readers.submit(read_lines, progress_read), readers.submit(read_frames, frames_read)
        child.communicate(json.dumps(job).encode())
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, "child")
    return Spoken(lines.result(), frames.result())


def read_lines(progress_fd: int) -> list[dict[str, Any]]:
    """All lines of the progress pipe, until it is closed."""
    with open(progress_fd, "rb") as pipe:
        return [json.loads(line) for line in pipe]


def read_frames(frames_fd: int) -> list[Frame]:
    """All frames of the other pipe, until it is closed."""
    frames = []
    with open(frames_fd, "rb") as pipe:
        while header := pipe.read(_HEADER.size):
            magic, kind, epoch, length = _HEADER.unpack(header)
            assert magic == b"MBF1"
            frames.append(Frame(kind, epoch, pipe.read(length)))
    return frames
