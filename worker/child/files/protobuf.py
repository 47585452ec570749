"""The few rules of protobuf's wire format that it takes to look into an ONNX file.

The `onnx` package would do, but it is large, and a parser in C++ for hostile files is nothing to have beside
onnxruntime's own. See https://protobuf.dev/programming-guides/encoding/.
"""

from collections.abc import Iterator
from dataclasses import dataclass

_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5
_LONGEST_VARINT = 10  # bytes, for 64 bits


class ProtobufError(ValueError):
    """These bytes are no protobuf message, or not all of one."""


@dataclass(frozen=True)
class Value:
    """One field of a message: its number and either a whole number or bytes."""

    field: int
    number: int
    content: memoryview


def read_fields(message: memoryview) -> Iterator[Value]:
    """Yield the fields of a message in order.

    Raises:
        ProtobufError: at the first byte that makes no sense.
    """
    place = 0
    while place < len(message):
        tag, place = _read_varint(message, place)
        field, kind = tag >> 3, tag & 7
        number, length = 0, 0
        if kind == _VARINT:
            number, place = _read_varint(message, place)
        elif kind == _BYTES:
            length, place = _read_varint(message, place)
        elif kind in (_EIGHT_BYTES, _FOUR_BYTES):
            length = 8 if kind == _EIGHT_BYTES else 4
        else:
            raise ProtobufError(f"wire type {kind}")
        if not field or place + length > len(message):
            raise ProtobufError("a field reaches beyond the end")
        yield Value(field, number, message[place : place + length])
        place += length


def read_varints(content: memoryview) -> list[int]:
    """Return the whole numbers of a packed field."""
    numbers, place = [], 0
    while place < len(content):
        number, place = _read_varint(content, place)
        numbers.append(number)
    return numbers


def _read_varint(message: memoryview, place: int) -> tuple[int, int]:
    value = 0
    for index in range(_LONGEST_VARINT):
        if place + index >= len(message):
            break
        byte = message[place + index]
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, place + index + 1
    raise ProtobufError("a number without an end")
