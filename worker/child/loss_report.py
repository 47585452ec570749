"""The losses of the steps on their way to the worker: each reported once, at most two lines a second."""

import math
import time
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from worker.child.channel import Channel
from worker.child.failure import Failure
from worker.child.sentences.models import DIVERGED

SECONDS_BETWEEN_LINES = 0.5


class _Step(NamedTuple):
    loss: Tensor
    images: int
    learning_rate: float


class LossReport:
    """Takes the loss of every step and ends the run at the first one that is not finite."""

    def __init__(
        self, channel: Channel, steps: int, device: torch.device, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._channel = channel
        self._steps = steps
        # Reading a loss makes a GPU finish its queue first; on a CPU it is there already.
        self._fetches_at_once = device.type == "cpu"
        self._clock = clock
        self._line_due = clock() + SECONDS_BETWEEN_LINES
        self._step = 0
        self._waiting: list[_Step] = []
        self._unsent: list[float] = []
        self._start_epoch(1)

    def _start_epoch(self, epoch: int) -> None:
        self._epoch = epoch
        self._sum = 0.0
        self._images = 0

    def add(self, loss: Tensor, images: int, learning_rate: float) -> None:
        """Take a step's mean loss over its images.

        Raises:
            Failure: `diverged` when the loss of this step, or of one not yet looked at, is not finite.
        """
        self._waiting.append(_Step(loss.detach(), images, learning_rate))
        is_due = self._clock() >= self._line_due
        if is_due or self._fetches_at_once:
            self._fetch()
        if is_due:
            self._send()

    def end_epoch(self) -> float:
        """Report what is left of the epoch and return its mean loss per image."""
        self._fetch()
        self._send()
        mean = self._sum / self._images
        self._start_epoch(self._epoch + 1)
        return mean

    def _fetch(self) -> None:
        if not self._waiting:
            return
        losses = torch.stack([step.loss for step in self._waiting]).tolist()
        for step, loss in zip(self._waiting, losses, strict=True):
            self._take(step, loss)
        self._waiting.clear()

    def _take(self, step: _Step, loss: float) -> None:
        if not math.isfinite(loss):
            self._send()
            where = {"step": self._step + 1, "epoch": self._epoch, "learning_rate": step.learning_rate}
            raise Failure("diverged", DIVERGED, where)
        self._step += 1
        self._sum += loss * step.images
        self._images += step.images
        self._unsent.append(float(f"{loss:.6g}"))

    def _send(self) -> None:
        if self._unsent:
            self._channel.send("loss", epoch=self._epoch, step=self._step, steps=self._steps, losses=self._unsent)
            self._unsent = []
        self._line_due = self._clock() + SECONDS_BETWEEN_LINES
