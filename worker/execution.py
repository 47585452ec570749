"""One execution of a run: launch the child, watch it, score what it sends, and say how it ended."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.core.model_files import runs_code
from app.core.outcomes import Outcome
from app.core.sentences import N_, Sentence
from worker.dataset import Dataset
from worker.frames import Expected, FrameKind, expected_frames, read_frames
from worker.hostile import clean
from worker.meeting import Meeting
from worker.sandbox.cell import Cell
from worker.sandbox.choice import Sandbox
from worker.sandbox.isolation import Isolation
from worker.sandbox.launch import Child, Exit, SandboxFailed, launched
from worker.sandbox.limits import Limits
from worker.sandbox.warden import FOR_MEMORY, FOR_THREADS
from worker.scoring import BadOutput, measure, read_log_probabilities
from worker.story import DETAIL_LIMIT_CHARACTERS, Failure, Story

# A cold start imports torch: 2.5 s on an idle machine, much longer on a busy one.
START_ALLOWANCE_S = 60
# A child that has said all it has to say gets this long to exit by itself.
EXIT_GRACE_S = 5
DETAIL_LINES = 40
# What Python, torch and the dynamic loader say when the address space ends.
MEMORY_WORDS = ("MemoryError", "Cannot allocate memory", "failed to map segment")


@dataclass(frozen=True)
class Order:
    """What is to be executed, and within which limits."""

    job: dict[str, Any]
    folder: Path
    dataset: Dataset
    limits: Limits
    time_limit_s: float

    @property
    def is_check(self) -> bool:
        """Whether only a look is taken, which measures nothing."""
        return bool(self.job["kind"] == "check")

    @property
    def epochs(self) -> int:
        """Epochs to train; 0 for an evaluation and for a check."""
        return int(self.job["recipe"]["epochs"]) if self.job["kind"] == "train" else 0

    @property
    def holds_code(self) -> bool:
        """Whether an upload can run code when it is read. Weights of a zoo's model in safetensors cannot."""
        model_file, weights = self.job["model_file"], self.job["weights"]
        return runs_code(model_file and model_file["name"], weights and weights["name"])

    def cell(self, isolation: Isolation) -> Cell:
        """The sandbox for this order."""
        uploads = [self.job[name]["path"] for name in ("model_file", "weights") if self.job[name]]
        return Cell(
            isolation,
            self.limits,
            folder=str(self.folder),
            scratch=str(self.folder / "scratch"),
            readable=(self.job["data_dir"], *uploads),
            job=self.job,
        )


@dataclass
class Ending:
    """How an execution ended: `failure`, or the story's measurement with the trained weights if there are any."""

    story: Story
    weights: bytes | None = None
    failure: Failure | None = None


async def execute(order: Order, story: Story, sandbox: Sandbox) -> Ending:
    """Run the child to its end. When this is cancelled, the child is killed before the cancellation goes on.

    Raises:
        SandboxFailed: the sandbox, which held when the worker started, could not be set up, or did not last: our
            fault. So it is when the child ends before its first line, for nothing of an upload is touched before that.
    """
    ending = Ending(story)
    if order.holds_code and sandbox.refusal is not None:
        ending.failure = Failure(Outcome.REFUSED, sandbox.refusal)
        return ending
    tail: list[str] = []
    exit_: Exit | None = None
    meeting = Meeting()
    try:
        async with (
            asyncio.timeout(START_ALLOWANCE_S) as time_limit,
            launched(order.cell(sandbox.isolation), sandbox.starter) as child,
        ):
            await _all_of(
                _follow_progress(child, story, meeting, lambda: _begin_to_count(time_limit, order)),
                _follow_output(child, story, tail),
                _take_frames(child, order, ending, meeting),
            )
            exit_ = await _exit(child)
    except TimeoutError:
        if not time_limit.expired():  # some other wait of ours: not the student's to hear of
            raise
        if story.has_begun:
            ending.failure = _timed_out(order)
    except BadOutput as error:
        ending.failure = Failure(Outcome.BAD_OUTPUT, error.sentence)
    if not story.has_begun:
        raise SandboxFailed(f"the child did not say a word: {exit_}; {' '.join(tail)}")
    story.flush()
    # What the child says of itself explains more than how its results broke off.
    ending.failure = story.failure or ending.failure or _silent_failure(ending, exit_, tail, order)
    return ending


async def _all_of(*watchers: Coroutine[Any, Any, None]) -> None:
    """Run all to their ends; the first that fails stops the others, and its error is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            for watcher in watchers:
                group.create_task(watcher)
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None


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


async def _follow_output(child: Child, story: Story, tail: list[str]) -> None:
    async for raw in lines(child.output):
        text = raw.decode("utf-8", "replace")
        story.log(text)
        tail.append(text.rstrip("\n"))
        del tail[:-DETAIL_LINES]


def _begin_to_count(time_limit: asyncio.Timeout, order: Order) -> None:
    """The child's first line comes before it looks at an upload: what went before was our start, not the run's time."""
    time_limit.reschedule(asyncio.get_running_loop().time() + order.time_limit_s)


async def _follow_progress(child: Child, story: Story, meeting: Meeting, begin: Callable[[], None]) -> None:
    async for line in lines(child.progress):
        if not story.has_begun:
            begin()
        if story.line(line) == "testing":
            await meeting.announce()


def frames_of(order: Order) -> Expected:
    """What the child is to send: nothing for a check."""
    return [] if order.is_check else expected_frames(order.epochs)


async def _take_frames(child: Child, order: Order, ending: Ending, meeting: Meeting) -> None:
    labels = order.dataset.test_labels
    try:
        async for frame in read_frames(child.frames, len(labels), frames_of(order)):
            if frame.kind is FrameKind.WEIGHTS:
                ending.weights = frame.content
            else:
                await meeting.wait_for_announcement()
                ending.story.scored(frame.epoch, measure(read_log_probabilities(frame.content, len(labels)), labels))
                meeting.take()
    finally:
        meeting.close()


async def _exit(child: Child) -> Exit | None:
    """How the child ended; None if it has closed its pipes and yet does not end."""
    try:
        async with asyncio.timeout(EXIT_GRACE_S):
            return await child.wait()
    except TimeoutError:
        return None


def _timed_out(order: Order) -> Failure:
    if order.is_check:
        text = N_("The check was stopped after %(limit)g seconds: the network takes too long to build or to run once.")
        return Failure(Outcome.TIMED_OUT, Sentence(text, {"limit": order.time_limit_s}))
    text = N_(
        "The run was stopped after %(limit)g seconds. Use fewer epochs, a larger batch size or a smaller network."
    )
    return Failure(Outcome.TIMED_OUT, Sentence(text, {"limit": order.time_limit_s}))


def _silent_failure(ending: Ending, exit_: Exit | None, tail: list[str], order: Order) -> Failure | None:
    """What to say of a child that did not say itself what went wrong; None if nothing did."""
    code = exit_.code if exit_ else None
    if _is_complete(ending, order) and code in (0, None):
        return None
    detail = clean("\n".join(tail)[-DETAIL_LIMIT_CHARACTERS:]) or None
    if exit_ is not None:
        if exit_.killed_for == FOR_MEMORY or (code != 0 and _speaks_of_memory(tail)):
            return _out_of_memory(order, detail)
        if exit_.killed_for == FOR_THREADS:
            text = N_("The run was stopped because it had more than %(limit)d threads. PyTorch starts what it needs.")
            return Failure(Outcome.BAD_MODEL, Sentence(text, {"limit": order.limits.threads}))
        if code == -signal.SIGXCPU or (code == -signal.SIGKILL and exit_.cpu_s >= order.limits.cpu_time_s):
            return _timed_out(order)
        if code == -signal.SIGKILL:
            text = N_("The system killed the run, most likely for want of memory. Use a smaller network or batch size.")
            return Failure(Outcome.OUT_OF_MEMORY, Sentence(text))
    text = N_("The run's process ended (%(ending)s) before it had a result.")
    return Failure(Outcome.CRASHED, Sentence(text, {"ending": _ending_words(code)}), detail)


def _speaks_of_memory(tail: list[str]) -> bool:
    return any(words in line for line in tail for words in MEMORY_WORDS)


def _is_complete(ending: Ending, order: Order) -> bool:
    """Whether the child has said and sent all that was asked for."""
    story = ending.story
    if order.is_check:
        return story.done and story.report is not None
    return story.done and story.measurement is not None and (ending.weights is not None or not order.epochs)


def _out_of_memory(order: Order, detail: str | None) -> Failure:
    text = N_("The run needed more than its %(limit)d MB of memory. Use a smaller batch size or a smaller network.")
    return Failure(Outcome.OUT_OF_MEMORY, Sentence(text, {"limit": order.limits.memory_bytes >> 20}), detail)


def _ending_words(exit_code: int | None) -> str:
    if exit_code is None:
        return "no exit"
    if exit_code >= 0:
        return f"exit code {exit_code}"
    known = {number.value: number.name for number in signal.Signals}
    return known.get(-exit_code, f"signal {-exit_code}")
