"""Reads the pipes of a running child until they end."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from worker.analysis import TIME_LIMIT_S as ANALYSIS_LIMIT_S
from worker.ending import Ending
from worker.frames import (
    BadAnalysis,
    Expected,
    FrameKind,
    TooManyResults,
    expect_end,
    expected_frames,
    read_changed_answers,
    read_frames,
)
from worker.meeting import Meeting
from worker.order import Order
from worker.sandbox.launch import Child, Exit
from worker.scoring import measure, read_log_probabilities
from worker.weights_header import count_numbers

# A child that has said all it has to say gets this long to exit by itself.
EXIT_GRACE_S = 5
DETAIL_LINES = 40


async def lines(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """A pipe line by line; a line over the limit comes in pieces."""
    while True:
        try:
            yield await reader.readuntil(b"\n")
        except asyncio.IncompleteReadError as end:
            if end.partial:
                yield end.partial
            return
        except asyncio.LimitOverrunError as overrun:
            yield await reader.readexactly(overrun.consumed)


def frames_of(order: Order) -> Expected:
    """What the child is to send: nothing for a check."""
    return [] if order.is_check else expected_frames(order.epochs)


@dataclass
class Watch:
    """One child being watched; what it sends goes into the ending."""

    child: Child
    ending: Ending
    time_limit: asyncio.Timeout
    meeting: Meeting = field(default_factory=Meeting)
    _is_in_analysis: bool = False

    async def follow_output(self) -> None:
        """What it prints."""
        tail = self.ending.tail
        async for raw in lines(self.child.output):
            text = raw.decode("utf-8", "replace")
            self.ending.story.log(text)
            tail.append(text.rstrip("\n"))
            del tail[:-DETAIL_LINES]

    async def follow_progress(self) -> None:
        """Its lines. Raises OverCap as soon as it says how large its network is."""
        story = self.ending.story
        async for line in lines(self.child.progress):
            if self.time_limit.expired():
                return  # stopped already, though we may not have heard it yet: what comes now comes too late
            if not story.has_begun:
                # The first line comes before it looks at an upload: what went before was our start, not the run's time.
                self._allow(self.ending.order.time_limit_s)
            match story.line(line):
                case "model":
                    self.ending.order.require_parameters_within_cap(story.parameters)
                case "testing":
                    await self.meeting.announce()
                case "done":
                    self.meeting.finish()
                    self._begin_analysis()

    async def take_frames(self) -> None:
        """Its frames.

        Raises:
            BadOutput: they are not as agreed.
            OverCap: the trained weights are more than the class allows.
            BadAnalysis: what decides over the result is, but what follows is not.
        """
        order, ending, labels = self.ending.order, self.ending, self.ending.order.dataset.test_labels
        try:
            async for frame in read_frames(self.child.frames, len(labels), frames_of(order)):
                if frame.kind is FrameKind.WEIGHTS:
                    # In a thread, so that meanwhile time runs out and a cancellation is heard.
                    counted = await asyncio.to_thread(count_numbers, frame.content)
                    ending.weights, ending.counted = frame.content, counted
                    order.require_parameters_within_cap(counted.parameters)  # whatever it said before
                else:
                    await self.meeting.wait_for_announcement()
                    ending.story.scored(
                        frame.epoch, measure(read_log_probabilities(frame.content, len(labels)), labels)
                    )
                    self.meeting.take()
        finally:
            self.meeting.close()
        self._begin_analysis()
        await (expect_end(self.child.frames, TooManyResults) if order.is_check else self._take_changed_answers())

    async def _take_changed_answers(self) -> None:
        """The last frame. Where there is nothing to count it by, it may come all the same, and is not kept.

        Another worker of this machine may have put changed images into the folder that the children share.
        """
        order = self.ending.order
        changed = order.dataset.changed
        try:
            answers = await read_changed_answers(self.child.frames, order.epochs, len(changed) if changed else None)
            self.ending.changed_answers = answers if changed else None
            await expect_end(self.child.frames, BadAnalysis)
        except BadAnalysis:
            await self.meeting.wait_for_finish()  # without it nothing is complete, whatever was sent
            raise

    def _begin_analysis(self) -> None:
        """All is there that decides over the result: what follows has a time of its own."""
        if self.ending.is_complete and not self._is_in_analysis and not self.ending.order.is_check:
            self._is_in_analysis = True
            self._allow(ANALYSIS_LIMIT_S)

    def _allow(self, seconds: float) -> None:
        """Set the time that is left. Where it has just run out there is none to set: asyncio would raise an error."""
        if not self.time_limit.expired():
            self.time_limit.reschedule(asyncio.get_running_loop().time() + seconds)

    async def exit(self) -> Exit | None:
        """How the child ended; None if it has closed its pipes and yet does not end."""
        try:
            async with asyncio.timeout(EXIT_GRACE_S):
                return await self.child.wait()
        except TimeoutError:
            return None
