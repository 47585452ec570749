"""Whether an upload may be read as what it was sent as: its bytes, its name and its field must agree."""

from pathlib import PurePath

from worker.child.failure import Failure
from worker.child.files import content
from worker.child.job import Upload
from worker.child.sentences.files import (
    CUT_OFF,
    DAMAGED,
    EMPTY_FILE,
    EXPORT_KERAS,
    FILE_TOO_LARGE,
    LFS_POINTER,
    MODEL_AS_WEIGHTS,
    NUMPY_FILE,
    PLAIN_PICKLE,
    RENAMED,
    UNKNOWN_CONTENT,
    UNPACK_FIRST,
    WEB_PAGE,
    WEIGHTS_AS_MODEL,
)

LARGEST_FILE_BYTES = 256 << 20

_TORCH_ENDINGS = (".pt", ".pth", ".bin", ".ckpt", ".ts", ".torchscript", ".pt2", ".tar", ".model", ".pkl")
_SCRIPT_ENDINGS = (".py", ".ipynb")
# A name must not promise another kind of content than there is. The first ending of each is the one to rename to.
_ENDINGS = {
    content.SAFETENSORS: (".safetensors",),
    content.STATE_DICT: _TORCH_ENDINGS,
    content.LEGACY_STATE_DICT: _TORCH_ENDINGS,
    content.TORCHSCRIPT: _TORCH_ENDINGS,
    content.EXPORTED_PROGRAM: (".pt2", *_TORCH_ENDINGS),
    content.ONNX: (".onnx",),
    content.NOTEBOOK: _SCRIPT_ENDINGS,
    content.TEXT: _SCRIPT_ENDINGS,
}
_KNOWN_ENDINGS = {ending for endings in _ENDINGS.values() for ending in endings}
_REFUSALS = {
    content.EMPTY: EMPTY_FILE,
    content.WEB_PAGE: WEB_PAGE,
    content.LFS_POINTER: LFS_POINTER,
    content.ARCHIVE: UNPACK_FIRST,
    content.HDF5: EXPORT_KERAS,
    content.KERAS: EXPORT_KERAS,
    content.PICKLE: PLAIN_PICKLE,
    content.NUMPY: NUMPY_FILE,
    content.CUT_OFF_ZIP: CUT_OFF,
    content.UNKNOWN: UNKNOWN_CONTENT,
}
_WEIGHTS = (content.SAFETENSORS, content.STATE_DICT, content.LEGACY_STATE_DICT)


def recognise_model_file(upload: Upload) -> str:
    """Return the content of a model file: TEXT, NOTEBOOK, TORCHSCRIPT, EXPORTED_PROGRAM, ONNX, or STATE_DICT.

    A STATE_DICT may be a whole pickled model, which the sentence about it has to tell apart.

    Raises:
        Failure: `bad_file` when it can be none of these, or is called something else.
    """
    found = _recognise(upload)
    if found == content.SAFETENSORS:  # the one kind that can be nothing but weights
        raise Failure("bad_file", WEIGHTS_AS_MODEL, {"file": upload.name, "content": found})
    return found


def recognise_weights(upload: Upload) -> str:
    """Return the content of a weights file: SAFETENSORS, STATE_DICT or LEGACY_STATE_DICT.

    Raises:
        Failure: `bad_file` when it is none of these, or is called something else.
    """
    found = _recognise(upload)
    if found not in _WEIGHTS:
        raise Failure("bad_file", MODEL_AS_WEIGHTS, {"file": upload.name, "content": found})
    return found


def _recognise(upload: Upload) -> str:
    _check_size(upload)
    found = content.recognise(upload.path)
    ending = PurePath(upload.name.lower()).suffix
    if found == content.UNKNOWN and ending in _SCRIPT_ENDINGS:
        return content.TEXT  # in an encoding that only the reader of scripts knows, or not at all
    if found == content.UNKNOWN and ending in (".onnx", ".safetensors"):
        raise Failure("bad_file", DAMAGED, {"file": upload.name, "content": ending[1:]})
    if found in _REFUSALS:
        raise Failure("bad_file", _REFUSALS[found], {"file": upload.name, "content": found})
    if ending in _KNOWN_ENDINGS and ending not in _ENDINGS[found]:
        raise Failure("bad_file", RENAMED, {"file": upload.name, "content": found, "ending": _ENDINGS[found][0]})
    return found


def _check_size(upload: Upload) -> None:
    size = upload.path.stat().st_size
    if size > LARGEST_FILE_BYTES:
        sizes = {"size_mb": size >> 20, "limit_mb": LARGEST_FILE_BYTES >> 20}
        raise Failure("bad_file", FILE_TOO_LARGE, {"file": upload.name, **sizes})
