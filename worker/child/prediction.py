"""Predicting the test images."""

import torch
from torch import Tensor, nn

from worker.child.failure import Failure
from worker.child.forward import evaluate_batches
from worker.child.interface import Interface
from worker.child.losses import as_log_probabilities
from worker.child.sentences.outputs import NOT_FINITE_OUTPUT


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
