"""How an execution ended, and the words for a child that did not say itself what went wrong."""

import signal
from dataclasses import dataclass, field

from app.core.outcomes import Outcome
from app.core.sentences import N_, Sentence
from worker.frames import NotAsAgreed, TooManyResults
from worker.hostile import clean
from worker.order import Order
from worker.sandbox.launch import Exit
from worker.sandbox.warden import FOR_MEMORY, FOR_THREADS
from worker.story import DETAIL_LIMIT_CHARACTERS, Failure, Story
from worker.weights_header import NOTHING, Counted

# What Python, torch and the dynamic loader say when the address space ends.
MEMORY_WORDS = ("MemoryError", "Cannot allocate memory", "failed to map segment")


@dataclass
class Ending:
    """How an execution ended: `failure`, or the story's measurement with the trained weights if there are any.

    `counted` are the numbers in the weights. `changed_answers` are the classes read for the changed images, and
    `cut_short` is why the analysis is not whole, in a word of `worker/analysis.py`; neither decides over the result.
    """

    order: Order
    story: Story
    weights: bytes | None = None
    counted: Counted = NOTHING
    changed_answers: bytes | None = None
    cut_short: str | None = None
    failure: Failure | None = None
    tail: list[str] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether the child has said and sent all that was asked for; what follows is the analysis, and can fail.

        Not whether it is true: a program may send another network's predictions, weights and description than its own,
        and where these agree with each other, nobody sees it here.
        """
        return self._has_ended and not self._holds_too_little

    @property
    def _has_ended(self) -> bool:
        story = self.story
        if self.order.is_check:
            return story.done and story.report is not None
        is_sent = story.measurement is not None and (self.weights is not None or not self.order.epochs)
        return story.done and story.is_described and is_sent

    @property
    def _holds_too_little(self) -> bool:
        """Whether the weights cannot be those of the network that was described, or of any that can be trained.

        By all numbers, of frozen parameters and equal ones too: an honest network saves the parameters of each layer
        that it lists. The number that it says of itself counts tables and constants as well, which it need not save.
        """
        described = sum(layer["parameters"] for layer in self.story.layers)
        return self.weights is not None and self.counted.total < max(1, described)

    def close(self, exit_: Exit | None) -> None:
        """Conclude from how the child ended; None is a child that has closed its pipes and yet does not end."""
        self.story.flush()
        # What the child says of itself explains more than how its results broke off.
        self.failure = self.story.failure or self.failure or (None if self.is_complete else self._missing(exit_))
        if self.failure is None and self.cut_short is None and exit_ is not None:
            self.cut_short = self._word_of(exit_)

    def stop_for_time(self) -> None:
        """The time is over: that of the run, or that of the analysis."""
        if self.is_complete:
            self.cut_short = "time"
        elif self.story.has_begun:
            self.failure = _timed_out(self.order)

    def stop_for_rubbish(self) -> None:
        """Something else came than was agreed, behind all frames that decide over the result."""
        if self.is_complete:
            self.cut_short = "rubbish"
        else:
            self.failure = Failure(Outcome.BAD_OUTPUT, TooManyResults().sentence)

    def _missing(self, exit_: Exit | None) -> Failure:
        if self._has_ended and self._holds_too_little:
            return Failure(Outcome.BAD_OUTPUT, NotAsAgreed().sentence)
        return self._silent_failure(exit_)

    def _word_of(self, exit_: Exit) -> str | None:
        """Why an analysis broke off, if it did."""
        if exit_.code == 0:
            return None
        if self._wanted_memory(exit_):
            return "memory"
        return "time" if _used_up_cpu_time(exit_, self.order) else "ended"

    def _wanted_memory(self, exit_: Exit) -> bool:
        said = any(words in line for line in self.tail for words in MEMORY_WORDS)
        return exit_.killed_for == FOR_MEMORY or (exit_.code != 0 and said)

    def _silent_failure(self, exit_: Exit | None) -> Failure:
        """What to say of a child that did not say itself what went wrong."""
        order, code = self.order, exit_.code if exit_ else None
        detail = clean("\n".join(self.tail)[-DETAIL_LIMIT_CHARACTERS:]) or None
        if exit_ is not None:
            if self._wanted_memory(exit_):
                return _out_of_memory(order, detail)
            if exit_.killed_for == FOR_THREADS:
                text = N_(
                    "The run was stopped because it had more than %(limit)d threads. PyTorch starts what it needs."
                )
                return Failure(Outcome.BAD_MODEL, Sentence(text, {"limit": order.limits.threads}))
            if _used_up_cpu_time(exit_, order):
                return _timed_out(order)
            if code == -signal.SIGKILL:
                text = N_(
                    "The system killed the run, most likely for want of memory. Use a smaller network or batch size."
                )
                return Failure(Outcome.OUT_OF_MEMORY, Sentence(text))
        text = N_("The run's process ended (%(ending)s) before it had a result.")
        return Failure(Outcome.CRASHED, Sentence(text, {"ending": _ending_words(code)}), detail)


def _used_up_cpu_time(exit_: Exit, order: Order) -> bool:
    return exit_.code == -signal.SIGXCPU or (exit_.code == -signal.SIGKILL and exit_.cpu_s >= order.limits.cpu_time_s)


def _timed_out(order: Order) -> Failure:
    if order.is_check:
        text = N_("The check was stopped after %(limit)g seconds: the network takes too long to build or to run once.")
        return Failure(Outcome.TIMED_OUT, Sentence(text, {"limit": order.time_limit_s}))
    text = N_(
        "The run was stopped after %(limit)g seconds. Use fewer epochs, a larger batch size or a smaller network."
    )
    return Failure(Outcome.TIMED_OUT, Sentence(text, {"limit": order.time_limit_s}))


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
