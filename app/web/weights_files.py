"""What can be said of an uploaded weights file without parsing it: its name, its size and its first bytes.

Tensors are parsed only in the sandboxed child (DESIGN.md 7).
"""

from app.core.model_files import MODEL_FILE_SUFFIXES, WEIGHTS_SUFFIXES, shown_name, suffix_of
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

# A safetensors file: 8 bytes with the length of a JSON header, the header, the tensors.
LENGTH_BYTES = 8
SAFETENSORS_BYTES = LENGTH_BYTES + 2
# A header lists names and shapes; the largest model of the zoo needs 3 kB. SANDBOX.md 5.
HEADER_LIMIT_BYTES = 1 << 20

NETWORK = N_("“%(name)s” holds a network, not only weights. Upload it as the model file.")
OTHER_SUFFIX = N_(
    "“%(name)s” is no weights file. Save the weights as .safetensors, or with torch.save(model.state_dict(), "
    '"weights.pt").'
)
NO_CHECKPOINT = N_(
    "“%(name)s” begins with %(found)s, which no file of torch.save does. Save the weights again:\n"
    'torch.save(model.state_dict(), "weights.pt")'
)
RENAMED_SAFETENSORS = N_(
    "“%(name)s” is a safetensors file with another name. Call it .safetensors and upload it again."
)
RENAMED_CHECKPOINT = N_(
    "“%(name)s” begins with %(found)s, so it is a file of torch.save with another name. Call it .pt and send it again."
)
TOO_SHORT = N_("“%(name)s” has %(size)s bytes, too few for a safetensors file. Save the weights again.")
HEADER_TOO_LONG = N_(
    "“%(name)s” is no safetensors file: it begins with %(found)s, a header of %(given)s bytes; at most %(maximum)s "
    "are read."
)
CUT_OFF = N_(
    "“%(name)s” is cut off: it has %(size)s bytes, but its header alone should have %(given)s. Save or copy it again."
)
NO_HEADER = N_("“%(name)s” is no safetensors file: its header begins with %(found)s instead of a “{”.")


def check_weights_file(name: str, size_bytes: int, head: bytes) -> Sentence | None:
    """What is wrong with a file of this name and size that begins like this, or None."""
    values: dict[str, object] = {"name": shown_name(name), "size": size_bytes, "found": readable(head[:SHOWN_BYTES])}
    suffix = suffix_of(name)
    if suffix not in WEIGHTS_SUFFIXES:
        is_network = suffix in MODEL_FILE_SUFFIXES
        return Sentence(NETWORK if is_network else REFUSED_SUFFIXES.get(suffix, OTHER_SUFFIX), values)
    if size_bytes == 0:
        return Sentence(EMPTY, values)
    if suffix == ".safetensors":
        return _check_safetensors(head, size_bytes, values)
    return _check_checkpoint(name, head, values)


def _check_checkpoint(name: str, head: bytes, values: dict[str, object]) -> Sentence | None:
    """A file of torch.save is a zip archive, or was a pickle in old versions."""
    if head.startswith((ZIP_START, PICKLE_START)):
        return None
    if foreign := foreign_start(name, head):
        return foreign
    return Sentence(RENAMED_SAFETENSORS if head[LENGTH_BYTES:].startswith(b"{") else NO_CHECKPOINT, values)


def _check_safetensors(head: bytes, size_bytes: int, values: dict[str, object]) -> Sentence | None:
    header_bytes = int.from_bytes(head[:LENGTH_BYTES], "little")
    values = values | {"given": header_bytes, "maximum": HEADER_LIMIT_BYTES}
    if header_bytes > HEADER_LIMIT_BYTES:
        if head.startswith((ZIP_START, PICKLE_START)):
            return Sentence(RENAMED_CHECKPOINT, values)
        return foreign_start(str(values["name"]), head) or Sentence(HEADER_TOO_LONG, values)
    if size_bytes < SAFETENSORS_BYTES:
        return Sentence(TOO_SHORT, values)
    if LENGTH_BYTES + header_bytes > size_bytes:
        return Sentence(CUT_OFF, values)
    if header_bytes < 2 or head[LENGTH_BYTES : LENGTH_BYTES + 1] != b"{":
        return Sentence(NO_HEADER, values | {"found": readable(head[LENGTH_BYTES:SAFETENSORS_BYTES])})
    return None
