"""Which files can be uploaded, by what they are called: networks as source, exported networks, weights.

Names only say what a file claims to be. What it is, is found in the sandboxed child (DESIGN.md 7).
"""

from pathlib import PurePosixPath

# Source: trained here, or tested with weights.
SOURCE_SUFFIXES = (".py", ".ipynb")
# Exported with their weights: only tested.
EXPORTED_SUFFIXES = (".onnx", ".pt2", ".pt", ".pth", ".ts", ".torchscript")
MODEL_FILE_SUFFIXES = (*SOURCE_SUFFIXES, *EXPORTED_SUFFIXES)
WEIGHTS_SUFFIXES = (".safetensors", ".pt", ".pth", ".bin", ".ckpt")
# As much of a name as a sentence can bear.
SHOWN_MAXIMUM = 60


def suffix_of(name: str) -> str:
    """How a file's name ends, in small letters: `.py`."""
    return PurePosixPath(name.lower()).suffix


def shown_name(name: str) -> str:
    """A file's name short enough for a sentence; its end says what the file is."""
    return name if len(name) <= SHOWN_MAXIMUM else "…" + name[-(SHOWN_MAXIMUM - 1) :]


def is_source(name: str) -> bool:
    """Whether a model file is source, which can be trained and holds no weights."""
    return suffix_of(name) in SOURCE_SUFFIXES


def runs_code(model_file_name: str | None, weights_name: str | None) -> bool:
    """Whether a worker without a sandbox must refuse this: anything but a model of the zoo and .safetensors."""
    return model_file_name is not None or (weights_name is not None and suffix_of(weights_name) != ".safetensors")
