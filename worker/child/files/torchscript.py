"""Models that torch.jit.save has written: they run without their author's code, but they are code."""

import warnings

import torch
from torch import nn

from worker.child.failure import file_reading
from worker.child.files.archive import check_archive
from worker.child.job import Upload
from worker.child.sentences.files import NOT_TORCHSCRIPT

# A traced model may hold the batch size of its example as a plain number; which one, only trying tells.
_BATCH_SIZES = (None, 1, 2, 4, 8, 10, 16, 32, 50, 64, 100, 128, 256, 512, 1000)


def load_torchscript(upload: Upload, _threads: int) -> tuple[nn.Module, tuple[int | None, ...]]:
    """Return the model and the batch sizes to try.

    Raises:
        Failure: `bad_file` when torch cannot load it.
    """
    check_archive(upload)
    with file_reading(NOT_TORCHSCRIPT, upload.name), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # torch.jit.load is deprecated, the files are there
        warnings.simplefilter("ignore", DeprecationWarning)
        model: nn.Module = torch.jit.load(str(upload.path), map_location="cpu")  # type: ignore[no-untyped-call]
    return model, _BATCH_SIZES
