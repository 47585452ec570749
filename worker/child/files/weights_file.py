"""Tensors from an uploaded weights file of either kind."""

from torch import Tensor

from worker.child.files.checkpoint import read_checkpoint
from worker.child.files.content import SAFETENSORS
from worker.child.files.safetensors_file import read_safetensors
from worker.child.files.uploads import recognise_weights
from worker.child.job import Upload


def read_weights(upload: Upload) -> dict[str, Tensor]:
    """Return the tensors of a weights file by name.

    Raises:
        Failure: `bad_file` when it is no weights file, or one that is not safe to read.
    """
    content = recognise_weights(upload)
    return read_safetensors(upload) if content == SAFETENSORS else read_checkpoint(upload, content)


def weights_format(upload: Upload) -> str:
    """Return which kind of weights file it is, in the protocol's words."""
    return "safetensors" if recognise_weights(upload) == SAFETENSORS else "state_dict"
