"""What can be said of an uploaded weights file without parsing it: its name, its size and its first bytes.

Tensors are parsed only in the sandboxed child (DESIGN.md 7). Everything here looks at ten bytes at most.
"""

from pathlib import PurePosixPath

from app.core.sentences import N_, Sentence

# A safetensors file: 8 bytes with the length of a JSON header, the header, the tensors.
LENGTH_BYTES = 8
HEAD_BYTES = LENGTH_BYTES + 2
# A header lists names and shapes; the largest model of the zoo needs 3 kB. SANDBOX.md 5.
HEADER_LIMIT_BYTES = 1 << 20
NAME_SHOWN_CHARACTERS = 60

CODE_SUFFIXES = frozenset({".py", ".ipynb", ".pyc", ".zip"})
CODE = N_(
    "“%(name)s” looks like code. Uploaded code cannot be run yet: it needs the sandbox, which is not there yet. "
    "Choose a model of the zoo; weights for it can be uploaded as .safetensors."
)
TORCH = N_(
    "“%(name)s” is a PyTorch checkpoint, which can run code when it is read. Save the weights as safetensors: "
    'from safetensors.torch import save_file; save_file(model.state_dict(), "weights.safetensors")'
)
PICKLE = N_(
    "“%(name)s” is a Python pickle, which can run code when it is read. Save the weights as .safetensors instead."
)
BY_SUFFIX = {
    **dict.fromkeys(CODE_SUFFIXES, CODE),
    **dict.fromkeys((".pt", ".pth", ".bin", ".ckpt", ".pt2"), TORCH),
    **dict.fromkeys((".pkl", ".pickle", ".joblib"), PICKLE),
    ".onnx": N_(
        "“%(name)s” is an ONNX model, which cannot be tested yet. Save the weights of a model of the zoo as "
        ".safetensors."
    ),
    **dict.fromkeys(
        (".h5", ".hdf5", ".keras"),
        N_("“%(name)s” is a Keras file, which cannot be tested here. Save the weights as .safetensors from PyTorch."),
    ),
}
OTHER_SUFFIX = N_("“%(name)s” is no .safetensors file. Weights must be saved in that format.")
# What people rename, by how it begins.
BY_FIRST_BYTES = {
    b"PK": N_(
        "“%(name)s” begins with %(found)s, so it is a zip archive, probably a renamed torch.save file. Save it again: "
        'from safetensors.torch import save_file; save_file(model.state_dict(), "weights.safetensors")'
    ),
    b"\x80": N_(
        "“%(name)s” begins with %(found)s, so it is a Python pickle with another name. Save the weights again with "
        "safetensors.torch.save_file."
    ),
    b"\x89HDF": N_(
        "“%(name)s” begins with %(found)s, so it is an HDF5 or Keras file with another name. Save the weights as "
        "safetensors from PyTorch."
    ),
}
EMPTY = N_("“%(name)s” is empty. Save the weights again and upload that file.")
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
    values = {"name": shown_name(name), "size": size_bytes}
    suffix = PurePosixPath(name.lower()).suffix
    if suffix != ".safetensors":
        return Sentence(BY_SUFFIX.get(suffix, OTHER_SUFFIX), values)
    if size_bytes == 0:
        return Sentence(EMPTY, values)
    return _check_head(head, size_bytes, values)


def _check_head(head: bytes, size_bytes: int, values: dict[str, object]) -> Sentence | None:
    header_bytes = int.from_bytes(head[:LENGTH_BYTES], "little")
    values = values | {"given": header_bytes, "maximum": HEADER_LIMIT_BYTES, "found": _readable(head[:4])}
    if header_bytes > HEADER_LIMIT_BYTES:
        known = (text for start, text in BY_FIRST_BYTES.items() if head.startswith(start))
        return Sentence(next(known, HEADER_TOO_LONG), values)
    if size_bytes < HEAD_BYTES:
        return Sentence(TOO_SHORT, values)
    if LENGTH_BYTES + header_bytes > size_bytes:
        return Sentence(CUT_OFF, values)
    if header_bytes < 2 or not head[LENGTH_BYTES:].startswith(b"{"):
        return Sentence(NO_HEADER, values | {"found": _readable(head[LENGTH_BYTES:HEAD_BYTES])})
    return None


def looks_like_code(name: str) -> Sentence:
    """What to say when code is uploaded as the model."""
    return Sentence(CODE, {"name": shown_name(name)})


def shown_name(name: str) -> str:
    """A file name short enough for a sentence."""
    return name if len(name) <= NAME_SHOWN_CHARACTERS else "…" + name[-(NAME_SHOWN_CHARACTERS - 1) :]


def _readable(content: bytes) -> str:
    """Bytes as people write them: `PK\\x03\\x04`."""
    return "".join(chr(byte) if 32 < byte < 127 else f"\\x{byte:02x}" for byte in content)
