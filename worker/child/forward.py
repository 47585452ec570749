"""Running a network forward."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from worker.child.data import to_pixels
from worker.child.device import computing_in
from worker.child.failure import model_code
from worker.child.interface import Interface
from worker.child.modes import set_training
from worker.child.outputs import read_output

# Larger batches are no faster (YanNet 0.07 ms an image on 2 cores from 64 to 2,000) and need more memory.
_BATCH_SIZE = 250


def run_forward(model: nn.Module, inputs: Tensor, precision: str = "float32") -> Tensor:
    """Return the network's output (N, 10) for inputs of N images.

    Raises:
        Failure: `bad_model` when the model raises, `bad_output` when it returns anything but ten numbers per image.
    """
    with model_code(), computing_in(precision, inputs.device):
        output = model(_as_wanted(inputs, model))
    return read_output(output, len(inputs))


def _as_wanted(inputs: Tensor, model: nn.Module) -> Tensor:
    """Return the inputs in double precision for a network whose author made it so."""
    first = next(model.parameters(), None)
    return inputs.double() if first is not None and first.dtype == torch.float64 else inputs


def evaluate_batches(model: nn.Module, images: Tensor, interface: Interface) -> Iterator[Tensor]:
    """Yield the outputs for uint8 images (M, 1, 28, 28) batch by batch, in evaluation mode and float32.

    Each is a copy of its own: a network may return the same memory every time.
    """
    set_training(model, False)
    for batch in torch.split(images, interface.batch_size or _BATCH_SIZE):
        with torch.no_grad():
            inputs = interface.inputs(to_pixels(_filled(batch, interface.batch_size)))
            output = run_forward(model, inputs)[: len(batch)].detach().float().clone()
        yield output


def _filled(batch: Tensor, batch_size: int | None) -> Tensor:
    """Fill the last batch of a network of fixed batch size with black images."""
    lacking = (batch_size or 0) - len(batch)
    return functional.pad(batch, [0, 0, 0, 0, 0, 0, 0, lacking]) if lacking > 0 else batch
