"""Counts the numbers in a safetensors file by its header. The file is the child's, and so is hostile.

Format: https://github.com/huggingface/safetensors#format. No tensor is looked into, but for whether two are the same.
What is counted is what the child sends, which need not be what it used.
"""

import hashlib
import json
import math
from dataclasses import dataclass
from typing import Any

from app.core.sentences import N_, Sentence
from worker.scoring import BadOutput

HEADER_LIMIT_BYTES = 1 << 20
LENGTH_BYTES = 8
TENSORS_LIMIT = 10_000
DIMENSIONS_LIMIT = 16
FLOATS = frozenset({"F64", "F32", "F16", "BF16"})
# Bytes of one number. Each has at least one, so that no file has more numbers than bytes.
SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1, "C64": 8}
SIZES |= {"I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2, "U8": 1, "BOOL": 1}
# What batch norm saw of the training images; nobody counts it among the parameters.
STATISTICS = ("running_mean", "running_var")


class BadWeights(BadOutput):
    """What the child sent as weights is no safetensors file."""

    def __init__(self) -> None:
        super().__init__(Sentence(N_("The trained weights that the run sent are not a safetensors file.")))


@dataclass(frozen=True)
class Counted:
    """How many numbers a file holds.

    `parameters`: the floating-point ones, batch norm's statistics aside; a tensor that another one repeats byte for
    byte is counted once, for weights that layers share are saved for each. `total`: all of them, of every type.
    """

    parameters: int
    total: int


NOTHING = Counted(0, 0)


@dataclass(frozen=True)
class _Tensor:
    name: str
    kind: str
    shape: tuple[int, ...]
    begin: int
    end: int

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def holds_weights(self) -> bool:
        is_statistic = len(self.shape) == 1 and self.name.rpartition(".")[2] in STATISTICS
        return self.kind in FLOATS and not is_statistic


def count_numbers(file: bytes) -> Counted:
    """Return how many numbers a safetensors file holds. Reads each byte at most once: some 0.2 s for 64 MB.

    Raises:
        BadWeights: it is no such file, or has more than `TENSORS_LIMIT` tensors.
    """
    try:
        length = int.from_bytes(file[:LENGTH_BYTES], "little")
        if len(file) < LENGTH_BYTES or length > min(HEADER_LIMIT_BYTES, len(file) - LENGTH_BYTES):
            raise BadWeights
        header = json.loads(file[LENGTH_BYTES : LENGTH_BYTES + length])
        tensors = [_tensor(name, entry) for name, entry in header.items() if name != "__metadata__"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadWeights from error
    content = memoryview(file)[LENGTH_BYTES + length :]
    _check_places(tensors, len(content))
    distinct = {
        (tensor.kind, tensor.shape, hashlib.sha256(content[tensor.begin : tensor.end]).digest()): tensor.size
        for tensor in tensors
        if tensor.holds_weights
    }
    return Counted(sum(distinct.values()), sum(tensor.size for tensor in tensors))


def _tensor(name: str, entry: dict[str, Any]) -> _Tensor:
    kind, shape, (begin, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
    if len(shape) > DIMENSIONS_LIMIT:
        raise BadWeights
    if not all(type(number) is int and number >= 0 for number in (*shape, begin, end)):
        raise BadWeights
    tensor = _Tensor(name, kind, tuple(shape), begin, end)
    if tensor.size * SIZES[kind] != end - begin:
        raise BadWeights
    return tensor


def _check_places(tensors: list[_Tensor], content_bytes: int) -> None:
    """Each begins where the one before it ends, as the safetensors library demands: none lies over another."""
    place = 0
    for tensor in sorted(tensors, key=lambda tensor: (tensor.begin, tensor.end)):
        if tensor.begin != place:
            raise BadWeights
        place = tensor.end
    if place != content_bytes or len(tensors) > TENSORS_LIMIT:
        raise BadWeights
