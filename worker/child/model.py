"""Building a model of the zoo and running it forward."""

import importlib
import pkgutil

import torch
from torch import Tensor, nn

import models_zoo
from worker.child.data import Digits, to_input, to_pixels
from worker.child.device import computing_in
from worker.child.failure import (
    BUILD_FAILED,
    NOT_A_TENSOR,
    UNKNOWN_MODEL,
    WRONG_IMAGE_COUNT,
    WRONG_OUTPUT_COUNT,
    Failure,
    model_code,
)
from worker.child.job import Job, Recipe
from worker.child.losses import output_kind

CLASSES = 10
# Enough rows that logits do not pass for probabilities by accident.
_IMAGES_TO_JUDGE_BY = 64


def build_model(job: Job) -> nn.Module:
    """Return the job's model with freshly drawn weights.

    Raises:
        Failure: `bad_model` when there is no such model or its constructor refuses the options.
    """
    known = sorted(module.name for module in pkgutil.iter_modules(models_zoo.__path__))
    if job.model not in known:
        raise Failure("bad_model", UNKNOWN_MODEL, {"model": job.model, "models": ", ".join(known)})
    with model_code(BUILD_FAILED):
        built: nn.Module = importlib.import_module(f"models_zoo.{job.model}").Net(**job.options)
    return built


def run_forward(model: nn.Module, inputs: Tensor, precision: str) -> Tensor:
    """Return the network's output (N, 10) for float32 inputs (N, 1, 28, 28).

    Raises:
        Failure: `bad_model` when the model raises, `bad_output` when it returns anything but ten numbers per image.
    """
    with model_code(), computing_in(precision, inputs.device):
        output = model(inputs)
    _check_output(output, len(inputs))
    return output  # type: ignore[no-any-return]  # checked


def _check_output(output: object, images: int) -> None:
    if not isinstance(output, Tensor) or not output.is_floating_point():
        given = f"{output.dtype} numbers" if isinstance(output, Tensor) else f"a {type(output).__name__}"
        raise Failure("bad_output", NOT_A_TENSOR, {"given": given})
    if output.ndim != 2 or len(output) != images:
        raise Failure("bad_output", WRONG_IMAGE_COUNT, {"given": tuple(output.shape), "images": images})
    if output.shape[1] != CLASSES:
        raise Failure("bad_output", WRONG_OUTPUT_COUNT, {"given": output.shape[1]})


def judge_output(model: nn.Module, digits: Digits, recipe: Recipe) -> str:
    """Return the kind of the network's output, judged by training images, in float32 and evaluation mode."""
    model.eval()
    pixels = to_pixels(digits.train_images[:_IMAGES_TO_JUDGE_BY])
    with torch.inference_mode():
        return output_kind(run_forward(model, to_input(pixels, normalize=recipe.normalize), "float32"))
