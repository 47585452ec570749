"""The child's binary frames are hostile until they are proven harmless."""

import asyncio

import pytest

from worker.frames import (
    HEADER,
    MAGIC,
    WEIGHTS_LIMIT_BYTES,
    BadAnalysis,
    Frame,
    TooManyResults,
    expect_end,
    expected_frames,
    read_changed_answers,
    read_frames,
)
from worker.scoring import BadOutput

IMAGES = 5
SCORES = bytes(IMAGES * 40)


def frame(kind: int, epoch: int, content: bytes, length: int | None = None, magic: bytes = MAGIC) -> bytes:
    return HEADER.pack(magic, kind, epoch, len(content) if length is None else length) + content


def read(sent: bytes, epochs: int = 1) -> list[Frame]:
    async def collect() -> list[Frame]:
        reader = asyncio.StreamReader()
        reader.feed_data(sent)
        reader.feed_eof()
        return [found async for found in read_frames(reader, IMAGES, expected_frames(epochs))]

    return asyncio.run(collect())


def test_scores_of_each_epoch_and_then_the_weights_are_read() -> None:
    found = read(frame(1, 1, SCORES) + frame(1, 2, SCORES) + frame(2, 2, b"weights"), epochs=2)

    assert [(item.kind, item.epoch) for item in found] == [(1, 1), (1, 2), (2, 2)]
    assert found[2].content == b"weights"


def test_an_evaluation_sends_scores_alone() -> None:
    assert len(read(frame(1, 0, SCORES), epochs=0)) == 1


def test_a_child_that_says_nothing_gives_no_frames() -> None:
    assert read(b"") == []


@pytest.mark.parametrize(
    "sent",
    [
        b'{"accuracy": 1.0}' * 4,
        frame(1, 1, SCORES, magic=b"MBF2"),
        frame(3, 1, SCORES),
        frame(2, 1, b"weights before scores"),
        frame(1, 2, SCORES),
        frame(1, 1, SCORES) + frame(1, 1, SCORES),
        frame(1, 1, SCORES[:-40]),
        frame(1, 1, SCORES + bytes(40)),
        frame(1, 1, SCORES, length=1 << 40),
        frame(1, 1, SCORES) + frame(2, 1, b"", length=WEIGHTS_LIMIT_BYTES + 1),
        frame(1, 1, SCORES)[:10],
        frame(1, 1, SCORES)[:-1],
    ],
    ids=[
        "claimed accuracy",
        "other magic",
        "unknown kind",
        "weights first",
        "epoch skipped",
        "epoch twice",
        "too few predictions",
        "too many predictions",
        "a terabyte declared",
        "weights over the limit",
        "broken header",
        "broken content",
    ],
)
def test_anything_else_is_bad_output(sent: bytes) -> None:
    with pytest.raises(BadOutput):
        read(sent)


def read_answers(sent: bytes, epoch: int = 1, images: int | None = IMAGES) -> bytes | None:
    async def read_one() -> bytes | None:
        reader = asyncio.StreamReader()
        reader.feed_data(sent)
        reader.feed_eof()
        answers = await read_changed_answers(reader, epoch, images)
        await expect_end(reader, BadAnalysis)
        return answers

    return asyncio.run(read_one())


def test_the_classes_of_the_changed_images_come_last() -> None:
    assert read_answers(frame(3, 1, bytes([0, 1, 2, 9, 255]))) == bytes([0, 1, 2, 9, 255])


def test_a_child_that_ends_without_them_has_sent_none() -> None:
    assert read_answers(b"") is None


@pytest.mark.parametrize(
    "sent",
    [
        b"anything else that is long enough",
        frame(3, 1, bytes(IMAGES), magic=b"MBF2"),
        frame(4, 1, bytes(IMAGES)),
        frame(3, 2, bytes(IMAGES)),
        frame(3, 1, bytes(IMAGES - 1)),
        frame(3, 1, b"", length=1 << 60),
        frame(3, 1, bytes(IMAGES))[:7],
        frame(3, 1, bytes(IMAGES))[:-1],
        frame(3, 1, bytes(IMAGES)) + b"more",
    ],
    ids=["noise", "magic", "kind", "epoch", "few", "an exabyte declared", "broken header", "broken content", "more"],
)
def test_anything_else_behind_the_results_is_a_bad_analysis(sent: bytes) -> None:
    with pytest.raises(BadAnalysis):
        read_answers(sent)


@pytest.mark.parametrize("length", [0, 7, 28_000])
def test_the_classes_of_images_that_the_worker_does_not_know_may_come(length: int) -> None:
    assert read_answers(frame(3, 1, bytes(length)), images=None) == bytes(length)


@pytest.mark.parametrize("sent", [frame(3, 1, bytes(28_001)), frame(3, 2, bytes(7)), frame(3, 1, bytes(7)) + b"more"])
def test_not_more_than_there_can_be(sent: bytes) -> None:
    with pytest.raises(BadAnalysis):
        read_answers(sent, images=None)


@pytest.mark.parametrize("kind", [1, 2])
def test_a_second_result_behind_the_results_is_bad_output(kind: int) -> None:
    with pytest.raises(TooManyResults):
        read_answers(frame(kind, 1, SCORES))
