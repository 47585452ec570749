"""Reads the child's binary frames (PROTOCOL.md). Everything in them is treated as hostile."""

import asyncio
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import IntEnum

from app.core.sentences import N_, Sentence
from worker.changed_images import LARGEST_ANSWER_BYTES
from worker.scoring import CLASSES, BadOutput

HEADER = struct.Struct(">4sIIQ")
MAGIC = b"MBF1"
# The largest model of the zoo has a few megabytes; a million-parameter model in float32 has four.
WEIGHTS_LIMIT_BYTES = 64 << 20


class FrameKind(IntEnum):
    """What a frame holds."""

    SCORES = 1
    WEIGHTS = 2
    CHANGED = 3


@dataclass(frozen=True)
class Frame:
    """One frame: `epoch` is 0 for an evaluation."""

    kind: FrameKind
    epoch: int
    content: bytes


class BrokenOff(BadOutput):
    """The child has ended in the middle of a frame."""

    def __init__(self) -> None:
        super().__init__(Sentence(N_("The run's results broke off in the middle.")))


class NotAsAgreed(BadOutput):
    """What the child has sent is not what PROTOCOL.md demands."""

    def __init__(self) -> None:
        super().__init__(Sentence(N_("The run's results are not in the agreed form.")))


class TooManyResults(BadOutput):
    """The child has sent everything, and then something."""

    def __init__(self) -> None:
        super().__init__(Sentence(N_("The run sent more results than were asked for.")))


class BadAnalysis(Exception):
    """What follows the results is not as agreed; they stand, if the child has said that they are all."""


Expected = list[tuple[FrameKind, int]]


def expected_frames(epochs: int) -> Expected:
    """Scores of epochs 1 … `epochs` and then the weights; if `epochs` is 0, scores of epoch 0 alone."""
    scores = [(FrameKind.SCORES, epoch) for epoch in range(1, epochs + 1)]
    return [*scores, (FrameKind.WEIGHTS, epochs)] if scores else [(FrameKind.SCORES, 0)]


async def read_frames(reader: asyncio.StreamReader, images: int, expected: Expected) -> AsyncIterator[Frame]:
    """The frames of one run, which must come as expected; where the child ends, they end.

    Raises:
        BadOutput: anything else, before more than a header of it was read.
    """
    for kind, epoch in expected:
        header = await _read_header(reader)
        if header is None:
            return
        _check_header(header, kind, epoch, images)
        yield Frame(kind, epoch, await _read_content(reader, header[3]))


async def read_changed_answers(reader: asyncio.StreamReader, epoch: int, images: int | None) -> bytes | None:
    """The classes read for so many changed images, the last frame of a run; None where the child ends without it.

    `images`: None where their number is not known; then it may be any that changed images can have.

    Raises:
        BadOutput: another result that would decide over the run: which of them is meant, nobody can know.
        BadAnalysis: anything else.
    """
    try:
        header = await _read_header(reader)
        if header is None:
            return None
        magic, kind, _, length = header
        if magic == MAGIC and kind in (FrameKind.SCORES, FrameKind.WEIGHTS):
            raise TooManyResults
        if header[:3] != (MAGIC, FrameKind.CHANGED, epoch) or length > LARGEST_ANSWER_BYTES:
            raise BadAnalysis
        if images is not None and length != images:
            raise BadAnalysis
        return await _read_content(reader, length)
    except BrokenOff as error:
        raise BadAnalysis from error


async def expect_end(reader: asyncio.StreamReader, error: type[TooManyResults | BadAnalysis]) -> None:
    """Wait for the end of the frames. Raises the error if something else comes."""
    if await reader.read(1):
        raise error


async def _read_header(reader: asyncio.StreamReader) -> tuple[bytes, int, int, int] | None:
    """The next header, or None where the child has ended before it."""
    try:
        magic, kind, epoch, length = HEADER.unpack(await reader.readexactly(HEADER.size))
    except asyncio.IncompleteReadError as error:
        if not error.partial:
            return None
        raise BrokenOff from error
    return magic, kind, epoch, length


def _check_header(header: tuple[bytes, int, int, int], kind: FrameKind, epoch: int, images: int) -> None:
    magic, found_kind, found_epoch, length = header
    if magic != MAGIC or found_kind != kind or found_epoch != epoch:
        raise NotAsAgreed
    if kind is FrameKind.SCORES and length != images * CLASSES * 4:
        text = N_(
            "The predictions have %(given)s bytes; %(expected)s are needed, 10 scores for each of %(images)s images."
        )
        raise BadOutput(Sentence(text, {"given": length, "expected": images * CLASSES * 4, "images": images}))
    if kind is FrameKind.WEIGHTS and length > WEIGHTS_LIMIT_BYTES:
        text = N_("The trained weights have %(given)s bytes; at most %(limit)s are kept. Use a smaller network.")
        raise BadOutput(Sentence(text, {"given": length, "limit": WEIGHTS_LIMIT_BYTES}))


async def _read_content(reader: asyncio.StreamReader, length: int) -> bytes:
    try:
        return await reader.readexactly(length)
    except asyncio.IncompleteReadError as error:
        raise BrokenOff from error
