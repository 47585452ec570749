"""One execution of a run: launch the child, watch it, score what it sends, and say how it ended."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from app.core.outcomes import Outcome
from worker.ending import Ending
from worker.frames import BadAnalysis
from worker.order import Order, OverCap
from worker.sandbox.choice import Sandbox
from worker.sandbox.launch import Exit, SandboxFailed, launched
from worker.scoring import BadOutput
from worker.story import Failure, Story
from worker.watch import Watch

# A cold start imports torch: 2.5 s on an idle machine, much longer on a busy one.
START_ALLOWANCE_S = 60


async def execute(order: Order, story: Story, sandbox: Sandbox) -> Ending:
    """Run the child to its end. When this is cancelled, the child is killed before the cancellation goes on.

    Raises:
        SandboxFailed: the sandbox, which held when the worker started, could not be set up, or did not last: our
            fault. So it is when the child ends before its first line, for nothing of an upload is touched before that.
    """
    ending = Ending(order, story)
    if order.holds_code and sandbox.refusal is not None:
        ending.failure = Failure(Outcome.REFUSED, sandbox.refusal)
        return ending
    exit_ = await _watched(ending, sandbox)
    if not story.has_begun:
        raise SandboxFailed(f"the child did not say a word: {exit_}; {' '.join(ending.tail)}")
    ending.close(exit_)
    return ending


async def _watched(ending: Ending, sandbox: Sandbox) -> Exit | None:
    """Run the child; returns how it ended, None if it was stopped."""
    try:
        async with (
            asyncio.timeout(START_ALLOWANCE_S) as time_limit,
            launched(ending.order.cell(sandbox.isolation), sandbox.starter) as child,
        ):
            watch = Watch(child, ending, time_limit)
            await _all_of(watch.follow_progress(), watch.follow_output(), watch.take_frames())
            return await watch.exit()
    except TimeoutError:
        if not time_limit.expired():  # some other wait of ours: not the student's to hear of
            raise
        ending.stop_for_time()
    except BadOutput as error:
        ending.failure = Failure(Outcome.BAD_OUTPUT, error.sentence)
    except OverCap as error:
        ending.failure = Failure(Outcome.BAD_MODEL, error.sentence)
    except BadAnalysis:
        ending.stop_for_rubbish()
    return None


async def _all_of(*watchers: Coroutine[Any, Any, None]) -> None:
    """Run all to their ends; the first that fails stops the others, and its error is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            for watcher in watchers:
                group.create_task(watcher)
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
