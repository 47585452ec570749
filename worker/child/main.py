"""One job, from its JSON object to its last line."""

import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import torch

from worker.child.channel import PREDICTIONS, Channel
from worker.child.data import load_digits, to_input, to_pixels
from worker.child.device import choose_device, place_model
from worker.child.failure import OUT_OF_MEMORY, Failure, is_out_of_memory
from worker.child.job import Job, read_job
from worker.child.layers import count_parameters, list_layers
from worker.child.model import build_model, judge_output
from worker.child.prediction import predict
from worker.child.training import train
from worker.child.weights import load_weights


def main(job: Mapping[str, Any], progress_fd: int, frames_fd: int) -> None:
    """Do one job of PROTOCOL.md and write its progress and frames to the two pipes, which are closed at the end.

    Any error that is no failure of the job is ours: it is raised, and the worker sees how the process ended.
    """
    channel = Channel(progress_fd, frames_fd)
    try:
        run_job(read_job(job), channel)
        channel.send("done")
    except Failure as failure:
        channel.send("failed", **failure.message())
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        channel.send("failed", **Failure("out_of_memory", OUT_OF_MEMORY).message())
    finally:
        channel.close()


def run_job(job: Job, channel: Channel) -> None:
    """Train or evaluate.

    Raises:
        Failure: for every reason that the student can act on.
    """
    device = choose_device(job.threads)
    channel.send("hello", versions=_versions(), device=device.type)
    digits = load_digits(job.data_dir, device)
    torch.manual_seed(job.recipe.seed)
    model = place_model(build_model(job), device, job.recipe.precision)
    if job.weights_path is not None:
        load_weights(model, job.weights_path)
    image = to_input(to_pixels(digits.train_images[:1]), normalize=job.recipe.normalize)
    layers = list_layers(model, image)
    kind = judge_output(model, digits, job.recipe)
    channel.send("model", parameters=count_parameters(model), layers=layers, output=kind)
    if job.kind == "train":
        train(model, digits, job.recipe, kind, channel)
    else:
        channel.send("testing", epoch=0)
        predictions = predict(model, digits.test_images, kind, normalize=job.recipe.normalize)
        channel.send_frame(PREDICTIONS, 0, predictions)


def _versions() -> dict[str, str]:
    # torchvision is not imported, which would cost two seconds: nothing here needs more than its version.
    return {"python": platform.python_version(), "torch": torch.__version__, "torchvision": version("torchvision")}
