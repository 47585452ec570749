"""The homework's recipe three ways, each as a whole process: the plain loop, and the worker's child in both precisions.

Time runs from the start of the process to its end, so it holds the import of torch, the three epochs and the prediction
of 10,000 test images after each. Making the child's data folder is not in it: the worker does that once, not per run.

    python -m benchmarks.reference_recipe --seeds 0 1 2 --loops float32 bfloat16
"""

import argparse
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from app.core.settings import CHECKOUT
from benchmarks.child_process import PREDICTIONS, make_job, run_child
from benchmarks.mnist import find_mnist, load_mnist, save_job_data

LOOPS = ("plain", "float32", "bfloat16")


@dataclass(frozen=True)
class Measured:
    """One process: its loop and seed, wall time in seconds, and the accuracy (0..1) after each epoch."""

    loop: str
    seed: int
    wall_s: float
    accuracies: list[float]


def measure_plain(mnist: Path, seed: int) -> Measured:
    """Run the plain loop, which wants the folder that holds MNIST/raw."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "benchmarks.plain_loop", str(mnist.parents[1]), "--seed", str(seed)]
    output = subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True, text=True).stdout
    wall_s = time.perf_counter() - start
    return Measured("plain", seed, wall_s, [json.loads(line)["accuracy"] for line in output.splitlines()])


def measure_child(mnist: Path, folder: Path, precision: str, seed: int) -> Measured:
    """Run the child on a data folder and score its predictions."""
    job = make_job(folder, "yannet", precision=precision, seed=seed)
    start = time.perf_counter()
    spoken = run_child(job)
    wall_s = time.perf_counter() - start
    labels = load_mnist(mnist)["test-labels"]
    predictions = [frame.log_probabilities() for frame in spoken.frames if frame.kind == PREDICTIONS]
    return Measured(precision, seed, wall_s, [float((rows.argmax(1) == labels).mean()) for rows in predictions])


def print_table(runs: list[Measured]) -> None:
    """One line per run and one per loop, with the speed against the plain loop where that ran too."""
    plain_s = [run.wall_s for run in runs if run.loop == "plain"]
    print(f"{'loop':10}{'seed':>5}{'seconds':>10}{'faster':>9}   accuracy after each epoch, %")
    for run in runs:
        faster = f"{np.mean(plain_s) / run.wall_s:.2f}x" if plain_s else "-"
        accuracies = "  ".join(f"{100 * accuracy:.2f}" for accuracy in run.accuracies)
        print(f"{run.loop:10}{run.seed:5}{run.wall_s:10.1f}{faster:>9}   {accuracies}")
    for loop in dict.fromkeys(run.loop for run in runs):
        last = [100 * run.accuracies[-1] for run in runs if run.loop == loop]
        print(f"{loop}: last epoch {np.mean(last):.2f} % on average over {len(last)} seeds")


def main() -> None:
    """Measure what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--loops", nargs="+", choices=LOOPS, default=LOOPS)
    arguments = parser.parse_args()
    mnist = find_mnist()
    if mnist is None:
        parser.error("MNIST is not on this machine: set MNIST_DIR to the folder that holds MNIST/raw.")
    with TemporaryDirectory() as temporary:
        folder = save_job_data(mnist, Path(temporary))
        runs = [
            measure_plain(mnist, seed) if loop == "plain" else measure_child(mnist, folder, loop, seed)
            for seed in arguments.seeds
            for loop in arguments.loops
        ]
    print_table(runs)


if __name__ == "__main__":
    main()
