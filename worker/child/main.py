"""One job, from its JSON object to its last line."""

import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import torch

from worker.child.analysis import analyze
from worker.child.channel import PREDICTIONS, Channel
from worker.child.check import run_check
from worker.child.data import load_digits
from worker.child.device import choose_device
from worker.child.failure import as_failure
from worker.child.job import Job, read_job
from worker.child.layers import count_parameters
from worker.child.measures import table_of
from worker.child.network import prepare_network
from worker.child.origin import find_origin
from worker.child.prediction import predict
from worker.child.training import train


def main(job: Mapping[str, Any], progress_fd: int, frames_fd: int) -> None:
    """Do one job of PROTOCOL.md and write its progress and frames to the two pipes, which are closed at the end.

    Any error that is no failure of the job is ours: it is raised, and the worker sees how the process ended.
    """
    channel = Channel(progress_fd, frames_fd)
    try:
        run_job(read_job(job), channel)
    except BaseException as error:
        failure = as_failure(error)
        if failure is None:
            raise
        channel.send("failed", **failure.message())
    finally:
        channel.close()


def run_job(job: Job, channel: Channel) -> None:
    """Train, evaluate or check.

    Raises:
        Failure: for every reason that the student can act on.
    """
    # A check comes while a run has the processor: with more threads, each step would wait for the one that waits.
    device = choose_device(1 if job.kind == "check" else job.threads)
    channel.send("hello", versions=_versions(), device=device.type)
    if job.kind == "check":
        run_check(job, device, channel)
        channel.send("done")
    else:
        run_network(job, device, channel)


def run_network(job: Job, device: torch.device, channel: Channel) -> None:
    """Train or evaluate, and then analyze.

    Raises:
        Failure: for every reason that the student can act on.
    """
    origin = find_origin(job)
    # An exported network says itself where it computes, which is where it was saved for: here the processor.
    digits = load_digits(job.data_dir, torch.device("cpu") if origin.is_exported else device)
    network = prepare_network(job, origin, digits)
    model, interface = network.model, network.interface
    layers = table_of(network, digits.train_images)
    channel.send("model", parameters=count_parameters(model), layers=layers, output=interface.kind)
    channel.send("detected", **network.detected())
    if job.kind == "train":
        train(model, digits, job.recipe, interface, channel)
    else:
        channel.send("testing", epoch=0)
        channel.send_frame(PREDICTIONS, 0, predict(model, digits.test_images, interface))
    channel.send("done")
    analyze(job, network, digits, channel)


def _versions() -> dict[str, str]:
    # torchvision is not imported, which would cost two seconds: nothing here needs more than its version.
    return {"python": platform.python_version(), "torch": torch.__version__, "torchvision": version("torchvision")}
