"""The writing ends of the two pipes, as PROTOCOL.md has them: JSON lines for progress, binary frames for results."""

import json
import struct
from typing import BinaryIO, Final

PREDICTIONS: Final = 1
WEIGHTS: Final = 2
CHANGED: Final = 3

_HEADER = struct.Struct(">4sIIQ")


class Channel:
    """Sends lines and frames to the worker, each as soon as it is complete."""

    def __init__(self, progress_fd: int, frames_fd: int) -> None:
        self._progress: BinaryIO = open(progress_fd, "wb")  # noqa: SIM115  # open until the process ends
        self._frames: BinaryIO = open(frames_fd, "wb")  # noqa: SIM115

    def send(self, kind: str, **values: object) -> None:
        """Write one line of progress; `values` must be what JSON can hold, without NaN."""
        line = json.dumps({"kind": kind, **values}, allow_nan=False)
        self._progress.write(line.encode() + b"\n")
        self._progress.flush()

    def send_frame(self, kind: int, epoch: int, content: bytes | memoryview) -> None:
        """Write one frame of kind PREDICTIONS, WEIGHTS or CHANGED."""
        self._frames.write(_HEADER.pack(b"MBF1", kind, epoch, len(content)))
        self._frames.write(content)
        self._frames.flush()

    def close(self) -> None:
        """Close both pipes: the worker reads the end of file as the end of the job."""
        self._progress.close()
        self._frames.close()
