"""What can be said of an uploaded model file without parsing it: its name, its size and its first bytes."""

from app.core.model_files import EXPORTED_SUFFIXES, SOURCE_SUFFIXES, WEIGHTS_SUFFIXES, shown_name, suffix_of
from app.core.sentences import N_, Sentence
from app.web.foreign_files import (
    EMPTY,
    PICKLE_START,
    REFUSED_SUFFIXES,
    SHOWN_BYTES,
    ZIP_START,
    foreign_start,
    readable,
)

# A long homework script has 50 kB; a notebook carries its pictures along.
SOURCE_LIMITS_BYTES = {".py": 1_000_000, ".ipynb": 20_000_000}
UTF16_STARTS = (b"\xff\xfe", b"\xfe\xff")

WEIGHTS_ONLY = N_("“%(name)s” holds weights only. Upload it as the weights, and choose the network they belong to.")
OTHER_SUFFIX = N_(
    "“%(name)s” is no model file. Upload your code as .py or .ipynb, or an exported network as .onnx, .pt2 or "
    "TorchScript .pt."
)
TOO_LONG = N_("“%(name)s” has %(size)s bytes; of such a file at most %(maximum)s are read. Upload the code alone.")
NOTEBOOK_TOO_LONG = N_(
    "“%(name)s” has %(size)s bytes; at most %(maximum)s are read. Clear its outputs, save it and upload it again."
)
NO_TEXT = N_("“%(name)s” is no text: it begins with %(found)s. Upload the Python source.")
NO_NOTEBOOK = N_("“%(name)s” is no notebook: it begins with %(found)s instead of a “{”. Save it from Jupyter again.")
NO_TORCHSCRIPT = N_(
    "“%(name)s” begins with %(found)s, so it is no exported network. Export it again:\n"
    'torch.jit.script(model.eval()).save("model.pt")'
)
NO_PROGRAM = N_(
    "“%(name)s” begins with %(found)s, so it is no exported program. Export it again:\n"
    'torch.export.save(torch.export.export(model.eval(), (torch.zeros(1, 1, 28, 28),)), "model.pt2")'
)


def check_model_file(name: str, size_bytes: int, head: bytes) -> Sentence | None:
    """What is wrong with a file of this name and size that begins like this, or None."""
    suffix = suffix_of(name)
    values = {"name": shown_name(name), "size": size_bytes, "found": readable(head[:SHOWN_BYTES])}
    if text := _suffix_problem(suffix):
        return Sentence(text, values)
    if size_bytes == 0:
        return Sentence(EMPTY, values)
    if size_bytes > (maximum := SOURCE_LIMITS_BYTES.get(suffix, size_bytes)):
        return Sentence(NOTEBOOK_TOO_LONG if suffix == ".ipynb" else TOO_LONG, values | {"maximum": maximum})
    if sentence := foreign_start(name, head, _fitting_starts(suffix)):
        return sentence
    text = _start_problem(suffix, head)
    return Sentence(text, values) if text else None


def _suffix_problem(suffix: str) -> str | None:
    if suffix in SOURCE_SUFFIXES or suffix in EXPORTED_SUFFIXES:
        return None
    return WEIGHTS_ONLY if suffix in WEIGHTS_SUFFIXES else REFUSED_SUFFIXES.get(suffix, OTHER_SUFFIX)


def _fitting_starts(suffix: str) -> tuple[bytes, ...]:
    """What may be. A .pt that is a pickle may be weights or a whole module: the child says how to save it right."""
    if suffix in (".pt", ".pth"):
        return (ZIP_START, PICKLE_START)
    return (ZIP_START,) if suffix in (".pt2", ".ts", ".torchscript") else ()


def _start_problem(suffix: str, head: bytes) -> str | None:
    """What is wrong with a beginning that is nothing we know."""
    if suffix == ".py":
        return NO_TEXT if b"\x00" in head and not head.startswith(UTF16_STARTS) else None
    if suffix == ".ipynb":
        return None if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else NO_NOTEBOOK
    if suffix == ".onnx" or head.startswith(_fitting_starts(suffix)):
        return None
    return NO_PROGRAM if suffix == ".pt2" else NO_TORCHSCRIPT
