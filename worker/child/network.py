"""The network of a job, ready to be trained or evaluated: built, fitted to our images, with its weights."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from worker.child.data import Digits, to_pixels
from worker.child.device import place_model
from worker.child.failure import model_code
from worker.child.files.weights_file import read_weights
from worker.child.fitting import Fitting
from worker.child.forward import evaluate_batches, run_forward
from worker.child.interface import Interface
from worker.child.job import Job
from worker.child.layouts import similar_layouts
from worker.child.losses import output_kind
from worker.child.modes import set_training
from worker.child.normalization import IMAGES, choose_normalization
from worker.child.origin import Origin
from worker.child.traceless import seed_generators, without_trace
from worker.child.weights import load_weights

# Enough rows that logits do not pass for probabilities by accident.
_IMAGES_TO_JUDGE_BY = 16


@dataclass(frozen=True)
class Network:
    """A model and its interface; `correct` of `judged` training images it reads right, with weights that were given."""

    origin: Origin
    model: nn.Module
    interface: Interface
    correct: int = 0
    judged: int = 0

    def detected(self) -> dict[str, object]:
        """Return the keys of a `detected` line."""
        return {
            "format": self.origin.format,
            "class_name": self.origin.class_name,
            "arguments": self.origin.arguments,
            "input": self.interface.layout.name,
            "output": self.interface.kind,
            "normalize": self.interface.normalize,
            "padding": self.interface.layout.padding,
            "batch_size": self.interface.batch_size,
            "missing": self.origin.missing,
        }


def prepare_network(job: Job, origin: Origin, digits: Digits, judged: int = IMAGES) -> Network:
    """Build the job's network and find out how it is used. Its weights are drawn from the recipe's seed.

    Raises:
        Failure: `bad_file`, `bad_model` or `bad_output`.
    """
    fitting = Fitting(_builder(job, origin, digits.train_images), digits.train_images)
    interface = fitting.find(origin.batch_sizes)
    model, correct = fitting.model, 0
    if job.weights is not None:
        load_weights(model, read_weights(job.weights))
    with without_trace(model):
        if job.weights is not None or origin.is_exported:
            interfaces = [interface, *_alternatives(fitting, interface)]
            interface, correct = choose_normalization(model, interfaces, digits, job.recipe.normalize, judged)
            interface = replace(interface, kind=judge_output(model, digits.train_images, interface))
        else:
            interface = _for_training(model, interface, job, digits.train_images)
    return Network(origin, model, interface, correct, min(judged, len(digits.train_images)))


def _alternatives(fitting: Fitting, interface: Interface) -> list[Interface]:
    """Return the other sizes of image with which the network runs, and with which it may have been trained."""
    others = [replace(interface, layout=layout) for layout in similar_layouts(interface.layout)]
    return [other for other in others if fitting.runs(other)]


def _for_training(model: nn.Module, interface: Interface, job: Job, images: Tensor) -> Interface:
    stated = job.recipe.normalize
    interface = replace(interface, normalize="none" if stated == "auto" else stated)
    return replace(
        interface,
        kind=judge_output(model, images, interface),
        training_kind=judge_output_in_training(model, images, interface),
    )


def _builder(job: Job, origin: Origin, images: Tensor) -> Callable[[], nn.Module]:
    def build() -> nn.Module:
        seed_generators(job.recipe.seed)
        with model_code():
            model = origin.build()
        return model if origin.is_exported else place_model(model, images.device, job.recipe.precision)

    return build


def judge_output(model: nn.Module, images: Tensor, interface: Interface) -> str:
    """Return the kind of the network's output, judged by training images, in float32 and evaluation mode."""
    outputs = evaluate_batches(model, images[:_IMAGES_TO_JUDGE_BY], interface)
    return output_kind(torch.cat(list(outputs)))


def judge_output_in_training(model: nn.Module, images: Tensor, interface: Interface) -> str:
    """Return the kind in training mode: some networks apply softmax only in evaluation."""
    set_training(model, True)
    with torch.no_grad():
        return output_kind(run_forward(model, interface.inputs(to_pixels(images[:_IMAGES_TO_JUDGE_BY]))))
