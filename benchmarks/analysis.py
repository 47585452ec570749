"""What the analysis of a network costs, as a multiple of one test: `python -m benchmarks.analysis [MODEL …]`.

A test predicts the 10,000 test images; the analysis predicts 28,000 changed ones, counts operations and takes times.
All in this process and in one run, on the threads that a run gets, with weights as they are drawn.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from benchmarks.child_process import make_job
from benchmarks.mnist import find_mnist, load_mnist, save_job_data
from worker.changed_images import choose_images
from worker.child.analysis import analyze
from worker.child.changes import change_images
from worker.child.channel import Channel
from worker.child.data import load_digits
from worker.child.device import choose_device
from worker.child.job import read_job
from worker.child.network import prepare_network
from worker.child.origin import find_origin
from worker.child.prediction import predict

MODELS = ("softmax_regression", "mlp", "lenet5", "cnn_10k", "tiny_vit", "tiny_resnet", "yannet", "small_cnn")


class Clock(Channel):
    """Notes when the parts of an analysis are told instead of telling them."""

    def __init__(self) -> None:
        self.moments = [time.perf_counter()]

    def send(self, _kind: str, **_values: object) -> None:
        """Note the moment."""
        self.moments.append(time.perf_counter())

    def send_frame(self, _kind: int, _epoch: int, _content: bytes | memoryview) -> None:
        """Nothing."""

    @property
    def parts(self) -> list[float]:
        """Seconds of each part, in its order."""
        return np.diff(self.moments).tolist()


def measure(model: str, folder: Path) -> tuple[float, list[float]]:
    """Seconds of a test, and of the analysis' work, robustness and latency."""
    job = read_job(make_job(folder, model) | {"threads": os.cpu_count()})
    digits = load_digits(folder, choose_device(job.threads))
    network = prepare_network(job, find_origin(job), digits)
    predict(network.model, digits.test_images[:1000], network.interface)
    began = time.perf_counter()
    predict(network.model, digits.test_images, network.interface)
    tested = time.perf_counter() - began
    clock = Clock()
    analyze(job, network, digits, clock)
    return tested, clock.parts


def main(models: list[str]) -> None:
    """See the module."""
    mnist = find_mnist()
    if mnist is None:
        raise SystemExit("MNIST is not on this machine.")
    with tempfile.TemporaryDirectory() as name:
        folder = save_job_data(mnist, Path(name))
        np.save(folder / "changed-images.npy", change_images(load_mnist(mnist)["test-images"][choose_images(10_000)]))
        for model in models:
            tested, (work, robustness, latency) = measure(model, folder)
            total = work + robustness + latency
            parts = f"work {work:.2f}, changed images {robustness:.2f}, latency {latency:.2f}"
            print(f"{model:20} test {tested:6.2f} s   analysis {total:6.2f} s = {total / tested:5.1f} tests ({parts})")


if __name__ == "__main__":
    torch.manual_seed(0)
    main(sys.argv[1:] or list(MODELS))
