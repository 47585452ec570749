"""What is measured beyond the score, when all that decides over the result has been sent: none of it can spoil that."""

import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace

import torch

from worker.child.channel import CHANGED, Channel
from worker.child.data import Digits, load_changed_images
from worker.child.failure import is_out_of_memory
from worker.child.files.onnx_file import OnnxModel
from worker.child.job import Job
from worker.child.latency import time_many_ms, time_one_ms
from worker.child.measures import measure_work
from worker.child.network import Network
from worker.child.prediction import read_classes

Part = Callable[[], Mapping[str, object] | None]
_MOST_DETAIL = 4_000


def analyze(job: Job, network: Network, digits: Digits, channel: Channel) -> None:
    """Send a line for each part that can be tried. What fails is named in a word; nothing is raised."""
    parts: dict[str, Part] = {
        "flops": lambda: _work(network, digits),
        "robustness": lambda: _robustness(job, network, digits, channel),
        "latency": lambda: _latency(network, digits),
    }
    for name, measure in parts.items():
        found = _tried(measure)
        if found is not None:
            channel.send("analysis", part=name, **{"problem": None, **found})


def _tried(measure: Part) -> Mapping[str, object] | None:
    try:
        return measure()
    except BaseException as error:  # noqa: BLE001  # a network may raise anything, and has its result already
        # On standard error, which the run's log shows.
        print("".join(traceback.format_exception(error))[-_MOST_DETAIL:], file=sys.stderr, flush=True)
        return {"problem": "memory" if is_out_of_memory(error) else "raised"}


def _work(network: Network, digits: Digits) -> Mapping[str, object]:
    work = measure_work(network, digits.train_images)
    found: dict[str, object] = {"flops": work.flops, "has_convolution": work.has_convolution}
    if work.flops is None:
        found["problem"] = "onnx" if isinstance(network.model, OnnxModel) else "uncounted"
    return found


def _robustness(job: Job, network: Network, digits: Digits, channel: Channel) -> Mapping[str, object] | None:
    """Send the classes read for the changed images; None where there are none."""
    images = load_changed_images(job.data_dir, digits.test_images.device)
    if images is None:
        return None
    epoch = job.recipe.epochs if job.kind == "train" else 0
    channel.send_frame(CHANGED, epoch, read_classes(network.model, images, network.interface))
    return {}


def _latency(network: Network, digits: Digits) -> Mapping[str, object]:
    on_processor = _on_one_processor(network)
    images = digits.train_images.cpu()
    one_ms = time_one_ms(on_processor, images)
    # Where a thousand are too many for the memory, the time for one is known all the same.
    many = _tried(lambda: {"thousand_ms": time_many_ms(on_processor, images)}) or {}
    found: dict[str, object] = {"one_ms": one_ms, "thousand_ms": None, **many}
    if one_ms is None and "problem" not in found:
        found["problem"] = "single" if network.interface.batch_size is None else "batch"
    return found


def _on_one_processor(network: Network) -> Network:
    """The last thing that is done with the network: where it computed on a GPU, it does not come back from here."""
    if isinstance(network.model, OnnxModel):
        return replace(network, model=network.model.on_one_thread())
    return network if network.origin.is_exported else replace(network, model=network.model.to(torch.device("cpu")))
