"""Tensors from a file of torch.save: a state_dict, or a training checkpoint that has one in it.

Read with `weights_only=True`, so that nothing of the file is called. What people keep beside the weights (the best
accuracy as a NumPy number, their command line, Lightning's settings) is let in as an object without any behaviour.
"""

import re
import warnings
from collections.abc import Callable, Mapping
from typing import Final

import torch
from torch import Tensor
from torch.serialization import get_unsafe_globals_in_checkpoint, safe_globals

from worker.child.failure import Failure, file_reading
from worker.child.files.archive import check_archive
from worker.child.files.content import STATE_DICT
from worker.child.job import Upload
from worker.child.sentences.files import NO_STATE, NOT_CHECKPOINT, TENSOR_FORM, UNSAFE_PICKLE, WHOLE_MODULE

# Where training scripts put the weights, most specific first.
_KEYS: Final = ("state_dict", "model_state_dict", "model", "net", "network", "weights", "params", "module")
# What else in a checkpoint has tensors in it.
_OTHERS_WITH_TENSORS: Final = ("optim", "sched", "lr_sched", "scaler", "loops", "callbacks")
# Packages and modules whose objects lie beside weights in honest files. They are never imported: see `_Ignored`.
_COMPANIONS: Final = (
    "__main__",
    "addict",
    "argparse",
    "datetime",
    "easydict",
    "lightning",
    "lightning_fabric",
    "lightning_utilities",
    "numpy",
    "omegaconf",
    "pathlib",
    "pytorch_lightning",
    "torch.nn",
    "torch.optim",
    "torchvision.models",
    "yacs",
)
_DEEPEST: Final = 4


class _Ignored:
    """Stands for an object of any class: takes whatever the file says of it and does nothing."""

    def __new__(cls, *_arguments: object, **_keywords: object) -> "_Ignored":
        return super().__new__(cls)

    def __init__(self, *_arguments: object, **_keywords: object) -> None:
        pass

    def __setstate__(self, _state: object) -> None:
        pass


# What torch says of a name that it does not call.
_ASKED_FOR = re.compile(r"GLOBAL ([\w.]+)")


def read_checkpoint(upload: Upload, content: str) -> dict[str, Tensor]:
    """Return the tensors of the state_dict in a file of torch.save, by name.

    Raises:
        Failure: `bad_file` when there is none, or when there is more in the file than weights need.
    """
    if content == STATE_DICT:
        check_archive(upload)
    loaded = _load(upload, content)
    state = _find_state(loaded, _DEEPEST)
    if state is None:
        raise _without_state(loaded, upload)
    return {name: _checked(name, tensor) for name, tensor in state.items()}


def _load(upload: Upload, content: str) -> object:
    with file_reading(NOT_CHECKPOINT, upload.name), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch, about old ways to save
        companions = _companions(upload) if content == STATE_DICT else []
        try:
            with safe_globals(companions):
                return torch.load(upload.path, map_location="cpu", weights_only=True)
        except Exception as error:
            _raise_for_name(error, upload)
            raise


def _companions(upload: Upload) -> list[Callable[..., object] | tuple[Callable[..., object], str]]:
    """Name the classes that the file asks for and torch does not allow, each with an empty stand-in."""
    names = get_unsafe_globals_in_checkpoint(upload.path)
    for name in names:
        if not name.startswith(tuple(f"{package}." for package in _COMPANIONS)):
            # A whole model asks for its author's class too, which can have any name: the better sentence comes first.
            is_model = any(other.startswith("torch.nn.modules.") for other in names)
            text = WHOLE_MODULE if is_model else UNSAFE_PICKLE
            raise Failure("bad_file", text, {"file": upload.name, "name": name})
    return [(type("Ignored", (_Ignored,), {}), name) for name in names]


def _raise_for_name(error: Exception, upload: Upload) -> None:
    """Say in our words what torch has refused: in the old format nothing else tells, and its text is a page long."""
    asked = _ASKED_FOR.search(str(error))
    if asked is None:
        return
    is_model = asked[1].startswith(("torch.nn.modules.", "__main__."))
    text = WHOLE_MODULE if is_model else UNSAFE_PICKLE
    raise Failure("bad_file", text, {"file": upload.name, "name": asked[1]}) from error


def _find_state(loaded: object, depth: int) -> Mapping[str, Tensor] | None:
    if isinstance(loaded, list | tuple):
        loaded = dict(enumerate(loaded))
    if not isinstance(loaded, Mapping) or not depth:
        return None
    for value in _likely_values(loaded) if not _is_state(loaded) else []:
        if (found := _find_state(value, depth - 1)) is not None:
            return found
    return {name: value for name, value in loaded.items() if _is_tensor(name, value)} or None


def _likely_values(loaded: Mapping[object, object]) -> list[object]:
    others = [key for key in loaded if key not in _KEYS and not str(key).startswith(_OTHERS_WITH_TENSORS)]
    return [loaded[key] for key in (*(key for key in _KEYS if key in loaded), *others)]


def _is_state(loaded: Mapping[object, object]) -> bool:
    """Say whether most values of a mapping are tensors by name: then nothing inside it is looked for."""
    return 2 * sum(_is_tensor(name, value) for name, value in loaded.items()) > len(loaded)


def _is_tensor(name: object, value: object) -> bool:
    return isinstance(name, str) and isinstance(value, Tensor)


def _without_state(loaded: object, upload: Upload) -> Failure:
    values = list(loaded.values()) if isinstance(loaded, Mapping) else [loaded]
    if any(isinstance(value, _Ignored) for value in values):
        return Failure("bad_file", WHOLE_MODULE, {"file": upload.name})
    found = ", ".join(map(str, list(loaded)[:10])) if isinstance(loaded, Mapping) else type(loaded).__name__
    return Failure("bad_file", NO_STATE, {"file": upload.name, "found": found or "{}"})


def _checked(name: str, tensor: Tensor) -> Tensor:
    form = _odd_form(tensor)
    if form is not None:
        raise Failure("bad_file", TENSOR_FORM, {"name": name, "form": form})
    return tensor.detach()


def _odd_form(tensor: Tensor) -> str | None:
    """Say what makes a tensor more than its numbers: each of these can claim far more than the file holds."""
    if tensor.is_quantized:
        return "quantized"
    if tensor.is_nested or tensor.layout is not torch.strided:
        return str(tensor.layout)
    if tensor.device.type != "cpu":
        return tensor.device.type
    if tensor.untyped_storage().nbytes() < tensor.numel() * tensor.element_size():
        return "expanded"
    return None
