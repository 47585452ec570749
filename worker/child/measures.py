"""What is measured of a network without training it: its layers, its work, its time."""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from worker.child.data import to_pixels
from worker.child.failure import Failure
from worker.child.forward import run_forward
from worker.child.layers import list_layers
from worker.child.modes import set_training
from worker.child.network import Network
from worker.child.traceless import without_trace

# Two images, because some networks mistake a single one: squeeze() takes its dimension away.
_IMAGES_TO_LIST = 2
_RUNS_TO_TIME = 20
_LONGEST_TIMING_S = 0.5


def inputs_for(network: Network, images: Tensor, count: int) -> Tensor:
    """Return the network's input for the first images (N, 1, 28, 28) uint8, as many as it is fixed to or `count`."""
    wanted = network.interface.batch_size or count
    places = torch.arange(wanted, device=images.device) % len(images)
    return network.interface.inputs(to_pixels(images.index_select(0, places)))


def table_of(network: Network, images: Tensor) -> list[dict[str, object]]:
    """Return the table of layers.

    Raises:
        Failure: `bad_model` when the model raises.
    """
    with without_trace(network.model), torch.no_grad():
        return list_layers(network.model, inputs_for(network, images, _IMAGES_TO_LIST))


def count_flops(network: Network, images: Tensor) -> int | None:
    """Return the floating-point operations for one image as torch counts them; None where it sees none."""
    inputs = inputs_for(network, images, _IMAGES_TO_LIST)
    has_recurrence = any(isinstance(module, nn.RNNBase) for module in network.model.modules())
    in_parts = _without_onednn() if has_recurrence else nullcontext()
    with without_trace(network.model), torch.no_grad(), in_parts, FlopCounterMode(display=False) as counter:
        set_training(network.model, False)
        run_forward(network.model, inputs)
    return counter.get_total_flops() // len(inputs) or None


@contextmanager
def _without_onednn() -> Iterator[None]:
    """Run an LSTM as matrix products: as the single operation that oneDNN has for it, its work is not counted.

    torch.backends.mkldnn.flags would do the same, but touches a setting of GPUs too, and warns where there are none.
    """
    before = torch.backends.mkldnn.set_flags(False, _fp32_precision=None)  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        torch.backends.mkldnn.set_flags(before[0], _fp32_precision=None)  # type: ignore[no-untyped-call]


def time_forward_ms(network: Network, images: Tensor) -> float | None:
    """Return the median time for one image, on the one thread of a check; None where no single image is taken."""
    if network.interface.batch_size not in (None, 1):
        return None
    inputs = inputs_for(network, images, 1)
    try:
        with without_trace(network.model), torch.no_grad():
            set_training(network.model, False)
            return _median_ms(network, inputs)
    except Failure:  # a network that squeezes its output away for one image, but works in batches
        return None


def _median_ms(network: Network, inputs: Tensor) -> float:
    seconds: list[float] = []
    while len(seconds) < _RUNS_TO_TIME and sum(seconds) < _LONGEST_TIMING_S:
        started = time.perf_counter()
        run_forward(network.model, inputs)
        seconds.append(time.perf_counter() - started)
    return round(1000 * statistics.median(seconds), 3)
