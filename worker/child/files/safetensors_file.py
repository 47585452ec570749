"""Tensors from a safetensors file, a format that holds numbers only."""

import struct

from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from worker.child.failure import Failure
from worker.child.job import Upload
from worker.child.sentences.files import HEADER_TOO_LARGE, NOT_SAFETENSORS

LARGEST_HEADER_BYTES = 1 << 20


def read_safetensors(upload: Upload) -> dict[str, Tensor]:
    """Return all tensors of the file by name.

    Raises:
        Failure: `bad_file` when the library refuses it, or its header is larger than any that names tensors.
    """
    with upload.path.open("rb") as file:
        (header_bytes,) = struct.unpack("<Q", file.read(8))
    if header_bytes > LARGEST_HEADER_BYTES:
        sizes = {"size": header_bytes, "limit": LARGEST_HEADER_BYTES}
        raise Failure("bad_file", HEADER_TOO_LARGE, {"file": upload.name, **sizes})
    try:
        return load(upload.path.read_bytes())
    except SafetensorError as error:
        raise Failure("bad_file", NOT_SAFETENSORS, {"file": upload.name, "error": error}) from error
