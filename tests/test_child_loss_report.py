"""How the losses of the steps reach the worker: seldom enough, each once, and none that is no number."""

import pytest
import torch

from tests.child_runs import Recorder
from worker.child.failure import Failure
from worker.child.loss_report import LossReport

CPU = torch.device("cpu")


class Clock:
    """Time that passes only when it is told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_losses_of_ten_seconds_take_at_most_twenty_lines() -> None:
    channel, clock = Recorder(), Clock()
    report = LossReport(channel, 1000, CPU, clock)
    for step in range(1000):
        clock.now = step / 100
        report.add(torch.tensor(1.0), 64, 0.1)
    assert 15 <= len(channel.lines) <= 20


def test_on_a_gpu_the_first_of_several_losses_that_are_not_finite_is_named() -> None:
    channel, clock = Recorder(), Clock()
    report = LossReport(channel, 1000, torch.device("cuda"), clock)
    for loss, rate in [(2.0, 0.1), (float("inf"), 0.2), (float("nan"), 0.3)]:
        report.add(torch.tensor(loss), 64, rate)
    clock.now = 1
    with pytest.raises(Failure) as caught:
        report.add(torch.tensor(float("nan")), 64, 0.4)
    assert caught.value.values == {"step": 2, "epoch": 1, "learning_rate": 0.2}
    assert channel.lines == [{"kind": "loss", "epoch": 1, "step": 1, "steps": 1000, "losses": [2.0]}]
