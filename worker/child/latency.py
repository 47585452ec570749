"""How long a network takes, on one thread: others share the machine, and their number must not matter."""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from worker.child.failure import Failure
from worker.child.forward import run_forward
from worker.child.measures import inputs_for
from worker.child.modes import set_training
from worker.child.network import Network
from worker.child.traceless import without_trace

MANY = 1_000


@dataclass(frozen=True)
class Patience:
    """How often a batch is timed at most, and for how long in all; once it is always."""

    runs: int
    longest_s: float


FOR_ONE = Patience(50, 1.0)
FOR_MANY = Patience(5, 5.0)
IN_A_CHECK = Patience(20, 0.5)


def time_one_ms(network: Network, images: Tensor, patience: Patience = FOR_ONE) -> float | None:
    """Return the median time for one image; None where no single image is taken.

    Raises:
        Failure: the network raises for a batch too.
    """
    if network.interface.batch_size not in (None, 1):
        return None
    try:
        return _time_ms(network, images, 1, patience)
    except Failure:  # a network that squeezes its output away for one image, but works in batches
        return None


def time_many_ms(network: Network, images: Tensor) -> float:
    """Return the median time for 1,000 images in one batch, or in those that an export is fixed to.

    Raises:
        Failure: the network raises.
    """
    size = network.interface.batch_size
    milliseconds = _time_ms(network, images, MANY, FOR_MANY)
    return milliseconds if size is None else round(milliseconds * MANY / size, 3)


def _time_ms(network: Network, images: Tensor, count: int, patience: Patience) -> float:
    """The median over some runs after a first one, which warms up and counts only where it takes all the time."""
    inputs = inputs_for(network, images, count)
    with without_trace(network.model), torch.no_grad(), one_thread():
        set_training(network.model, False)
        first = _seconds(network, inputs)
        seconds = [first] if first > patience.longest_s else []
        while len(seconds) < patience.runs and sum(seconds) < patience.longest_s:
            seconds.append(_seconds(network, inputs))
    return round(1000 * statistics.median(seconds), 3)


def _seconds(network: Network, inputs: Tensor) -> float:
    started = time.perf_counter()
    run_forward(network.model, inputs)
    return time.perf_counter() - started


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
