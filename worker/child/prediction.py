"""Predicting the test images."""

import torch
from torch import Tensor, nn

from worker.child.failure import Failure
from worker.child.forward import evaluate_batches
from worker.child.interface import Interface
from worker.child.losses import as_log_probabilities
from worker.child.sentences.outputs import NOT_FINITE_OUTPUT

_NO_CLASS = 255


def predict(model: nn.Module, images: Tensor, interface: Interface) -> bytes:
    """Return log-probabilities (M, 10), little-endian float32 row by row, for uint8 images (M, 1, 28, 28).

    Always in float32: in bfloat16 two classes can come out as equally likely.

    Raises:
        Failure: `bad_output` when an output is not finite.
    """
    rows = [as_log_probabilities(output, interface.kind) for output in evaluate_batches(model, images, interface)]
    predictions = torch.cat(rows).cpu()
    wrong = int((~torch.isfinite(predictions)).any(dim=1).sum())
    if wrong:
        raise Failure("bad_output", NOT_FINITE_OUTPUT, {"images": wrong, "of": len(images)})
    return predictions.numpy().astype("<f4").tobytes()


def read_classes(model: nn.Module, images: Tensor, interface: Interface) -> bytes:
    """Return the class read for each of the uint8 images (n, 1, 28, 28), one byte each; 255 where it gave no number."""
    classes = []
    for output in evaluate_batches(model, images, interface):
        has_answer = torch.isfinite(output).all(dim=1)
        classes.append(torch.where(has_answer, output.argmax(dim=1), _NO_CLASS).byte())
    return torch.cat(classes).cpu().numpy().tobytes()
