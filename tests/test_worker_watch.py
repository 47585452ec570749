"""How a child is watched: when its time is over it is over, whatever it sends at that moment."""

import asyncio
import json
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save

from tests.test_frames import frame
from worker import watch
from worker.changed_images import ChangedImages
from worker.ending import Ending
from worker.order import Order, OverCap
from worker.sandbox.limits import Limits
from worker.story import Story
from worker.watch import Watch
from worker.weights_header import Counted

IMAGES = 20
WEIGHTS = save({"layer": np.arange(10, dtype=np.float32)})
MODEL = {"kind": "model", "parameters": 10, "output": "logits"} | {
    "layers": [{"name": "a", "type": "Linear", "output": [10], "parameters": 10}]
}
DETECTED = {"kind": "detected", "format": "zoo", "class_name": "", "arguments": "", "missing": []} | dict.fromkeys(
    ("input", "output", "normalize")
)
TESTING, DONE = {"kind": "testing", "epoch": 1}, {"kind": "done"}
PARTS = [{"kind": "analysis", "part": "robustness", "problem": None}]
SCORES = np.full((IMAGES, 10), np.log(0.1), "<f4").tobytes()
ALL_FRAMES = frame(1, 1, SCORES) + frame(2, 1, WEIGHTS)


def watch_of(
    time_limit: asyncio.Timeout, changed: ChangedImages | None = None, parameters_cap: int | None = None
) -> Watch:
    """A watch over a child that says and sends nothing yet; its pipes are `child.progress` and `child.frames`."""
    dataset: Any = SimpleNamespace(test_labels=np.zeros(IMAGES, np.uint8), changed=changed)
    job = {"kind": "train", "recipe": {"epochs": 1}}
    order = Order(job, Path("nowhere"), dataset, Limits(1 << 30, 60, 10), 60.0, parameters_cap)
    child: Any = SimpleNamespace(progress=asyncio.StreamReader(), frames=asyncio.StreamReader(limit=1 << 27))
    return Watch(child, Ending(order, Story(lambda _kind, _data: None, 10)), time_limit)


def say(watching: Watch, *lines: dict[str, Any]) -> None:
    for line in lines:
        watching.child.progress.feed_data(json.dumps(line).encode() + b"\n")


async def follow_all(watching: Watch, frames: bytes, *lines: dict[str, Any]) -> None:
    """Watch a child that says and sends this and ends."""
    say(watching, *lines)
    watching.child.progress.feed_eof()
    watching.child.frames.feed_data(frames)
    watching.child.frames.feed_eof()
    await asyncio.gather(watching.follow_progress(), watching.take_frames())


def ending_of(
    frames: bytes, *lines: dict[str, Any], changed: ChangedImages | None = None, cap: int | None = None
) -> Ending:
    async def run() -> Ending:
        async with asyncio.timeout(30) as limit:
            watching = watch_of(limit, changed, cap)
            await follow_all(watching, frames, *lines)
        watching.ending.close(None)
        return watching.ending

    return asyncio.run(run())


@pytest.mark.parametrize("said", [10, 5], ids=["and says so", "and says less"])
def test_a_network_larger_than_the_class_allows_ends_the_run(said: int) -> None:
    with pytest.raises(OverCap) as refused:
        ending_of(ALL_FRAMES, MODEL | {"parameters": said}, DETECTED, TESTING, DONE, cap=9)

    assert "10 parameters; this class allows at most 9" in str(refused.value.sentence)


def test_a_network_as_large_as_the_class_allows_is_measured() -> None:
    assert ending_of(ALL_FRAMES, MODEL, DETECTED, TESTING, DONE, cap=10).failure is None


async def expire(limit: asyncio.Timeout, watching: Watch, frames: bytes = b"", *lines: dict[str, Any]) -> None:
    """Let the time run out, and then send this before the cancellation is heard, as a busy loop may have it."""
    limit._on_timeout()  # type: ignore[attr-defined]  # as the loop calls it
    say(watching, *lines)
    watching.child.progress.feed_eof()
    watching.child.frames.feed_data(frames)
    watching.child.frames.feed_eof()
    await asyncio.sleep(60)


@pytest.mark.parametrize("line", [MODEL, DONE])
def test_a_line_at_the_moment_when_time_is_over_is_too_late(line: dict[str, Any]) -> None:
    async def run() -> Story:
        limit = asyncio.timeout(None)
        watching = watch_of(limit)
        following = asyncio.create_task(watching.follow_progress())
        try:
            async with limit:
                await expire(limit, watching, b"", line)
        except TimeoutError:
            await following
        return watching.ending.story

    told = asyncio.run(run())

    assert not told.done
    assert not told.has_begun


def test_frames_that_are_complete_at_that_moment_raise_no_error_of_ours() -> None:
    async def run() -> Ending:
        limit = asyncio.timeout(None)
        watching = watch_of(limit)
        following = asyncio.create_task(watching.follow_progress())
        taking = asyncio.create_task(watching.take_frames())
        try:
            async with limit:
                say(watching, MODEL, DETECTED, TESTING)
                watching.child.frames.feed_data(frame(1, 1, SCORES))
                say(watching, DONE)
                while not watching.ending.story.done:
                    await asyncio.sleep(0.01)
                await expire(limit, watching, frame(2, 1, WEIGHTS))
        except TimeoutError:
            await asyncio.gather(following, taking)
        return watching.ending

    ending = asyncio.run(run())
    ending.stop_for_time()

    assert (ending.cut_short, ending.failure) == ("time", None)


def test_counting_weights_holds_up_neither_the_clock_nor_a_cancellation(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def slow(_file: bytes) -> Counted:
        release.wait(20)
        return Counted(1, 1)

    async def run() -> float:
        began = time.monotonic()
        try:
            async with asyncio.timeout(0.2), asyncio.timeout(60) as limit:
                await follow_all(watch_of(limit), ALL_FRAMES, MODEL, DETECTED, TESTING)
        except TimeoutError:
            waited = time.monotonic() - began
            release.set()
        return waited

    monkeypatch.setattr(watch, "count_numbers", slow)

    assert asyncio.run(run()) < 5


def test_a_whole_training_is_complete() -> None:
    ending = ending_of(ALL_FRAMES, MODEL, DETECTED, TESTING, DONE)

    assert ending.failure is None
    assert ending.is_complete


@pytest.mark.parametrize("lines", [[TESTING], [MODEL, TESTING], [DETECTED, TESTING]])
def test_no_result_without_a_word_of_what_was_trained(lines: list[dict[str, Any]]) -> None:
    ending = ending_of(ALL_FRAMES, *lines, DONE)

    assert ending.failure is not None
    assert ending.failure.outcome == "crashed"


@pytest.mark.parametrize("held", [{}, {"a": np.zeros(9, np.float32)}])
def test_weights_of_fewer_numbers_than_the_layers_have_are_no_result(held: dict[str, Any]) -> None:
    ending = ending_of(frame(1, 1, SCORES) + frame(2, 1, save(held)), MODEL, DETECTED, TESTING, DONE)

    assert ending.failure is not None
    assert ending.failure.outcome == "bad_output"
    ending.failure = None
    ending.stop_for_rubbish()
    assert ending.failure is not None


def test_a_training_of_nothing_is_no_result() -> None:
    nothing = MODEL | {"parameters": 0, "layers": []}
    ending = ending_of(frame(1, 1, SCORES) + frame(2, 1, save({})), nothing, DETECTED, TESTING, DONE)

    assert ending.failure is not None
    assert ending.failure.outcome == "bad_output"


def test_equal_and_frozen_weights_are_weights_all_the_same() -> None:
    same = {"a": np.ones(5, np.float32), "b": np.ones(5, np.float32)}
    ending = ending_of(frame(1, 1, SCORES) + frame(2, 1, save(same)), MODEL, DETECTED, TESTING, DONE)

    assert ending.failure is None


def test_answers_for_changed_images_that_the_worker_does_not_know_are_no_rubbish() -> None:
    ending = ending_of(ALL_FRAMES + frame(3, 1, bytes(56)), MODEL, DETECTED, TESTING, DONE, *PARTS)

    assert ending.failure is None
    assert ending.cut_short is None
    assert ending.changed_answers is None
