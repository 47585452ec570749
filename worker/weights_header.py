"""Counts the numbers in a safetensors file by its header. The file is the child's, and so is hostile.

Format: https://github.com/huggingface/safetensors#format. No tensor is looked into, but for whether two are the same.
"""

import hashlib
import json
import math
from typing import Any

from app.core.sentences import N_, Sentence
from worker.scoring import BadOutput

HEADER_LIMIT_BYTES = 1 << 20
LENGTH_BYTES = 8
DIMENSIONS_LIMIT = 16
# Bytes of one number of the types that weights have. Whole numbers count batches and places; they are no weights.
FLOATS = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}
# What batch norm saw of the training images; nobody counts it among the parameters.
STATISTICS = ("running_mean", "running_var")


class BadWeights(BadOutput):
    """What the child sent as weights is no safetensors file."""

    def __init__(self) -> None:
        super().__init__(Sentence(N_("The trained weights that the run sent are not a safetensors file.")))


def count_parameters(file: bytes) -> int:
    """Return how many floating-point numbers a safetensors file holds, batch norm's statistics aside.

    A tensor that another one repeats byte for byte is counted once: weights that layers share are saved for each.

    Raises:
        BadWeights: it is no such file.
    """
    try:
        length = int.from_bytes(file[:LENGTH_BYTES], "little")
        if len(file) < LENGTH_BYTES or length > min(HEADER_LIMIT_BYTES, len(file) - LENGTH_BYTES):
            raise BadWeights
        header = json.loads(file[LENGTH_BYTES : LENGTH_BYTES + length])
        tensors = {name: entry for name, entry in header.items() if name != "__metadata__"}
        content = memoryview(file)[LENGTH_BYTES + length :]
        distinct = {key: size for name, entry in tensors.items() for key, size in _weights(name, entry, content)}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadWeights from error
    return sum(distinct.values())


def _weights(name: str, entry: dict[str, Any], content: memoryview) -> list[tuple[tuple[object, ...], int]]:
    """The tensor's identity and its size in numbers, if it is one of weights; else nothing."""
    kind, shape, (begin, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not all(type(number) is int and number >= 0 for number in (*shape, begin, end)):
        raise BadWeights
    if len(shape) > DIMENSIONS_LIMIT or not begin <= end <= len(content):
        raise BadWeights
    if kind not in FLOATS or (len(shape) == 1 and name.rpartition(".")[2] in STATISTICS):
        return []
    size = math.prod(shape)
    if size * FLOATS[kind] != end - begin:
        raise BadWeights
    return [((kind, tuple(shape), hashlib.sha256(content[begin:end]).digest()), size)]
