"""What a file is, told from its bytes alone: its name may say anything."""

import codecs
import json
import os
import re
import zipfile
from pathlib import Path
from typing import Final

from worker.child.files.onnx_graph import looks_like_onnx
from worker.child.files.protobuf import ProtobufError

# The names are those that people use, the same in every language: sentences show them.
SAFETENSORS: Final = "safetensors"
STATE_DICT: Final = "PyTorch state_dict"
LEGACY_STATE_DICT: Final = "PyTorch state_dict (1.5)"
TORCHSCRIPT: Final = "TorchScript"
EXPORTED_PROGRAM: Final = "torch.export"
ONNX: Final = "ONNX"
NOTEBOOK: Final = "Jupyter notebook"
TEXT: Final = "Python"
PICKLE: Final = "pickle"
HDF5: Final = "HDF5"
KERAS: Final = "Keras"
NUMPY: Final = "NumPy"
ARCHIVE: Final = "zip, tar"
WEB_PAGE: Final = "HTML"
LFS_POINTER: Final = "Git LFS"
CUT_OFF_ZIP: Final = "zip"
EMPTY: Final = "empty"
UNKNOWN: Final = "unknown"

_LEGACY_TORCH = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # torch's magic number as a pickle of protocol 2
_MAGIC = (
    (_LEGACY_TORCH, LEGACY_STATE_DICT),
    (b"\x89HDF\r\n\x1a\n", HDF5),
    (b"\x93NUMPY", NUMPY),
    (b"PK\x05\x06", ARCHIVE),
    (b"\x1f\x8b", ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", ARCHIVE),
    (b"Rar!", ARCHIVE),
    (b"BZh", ARCHIVE),
    (b"\xfd7zXZ", ARCHIVE),
    (b"x\x01", PICKLE),  # zlib, with which joblib compresses
    (b"x\x9c", PICKLE),
    (b"x\xda", PICKLE),
    (b"version https://git-lfs", LFS_POINTER),
)
_PICKLE = re.compile(rb"\x80[\x02-\x05]")
_WEB_PAGE = re.compile(rb"\s*<(!doctype html|html)", re.IGNORECASE)
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")
_HEAD_BYTES = 4096
_ZIP_END_BYTES = 22  # of a zip file without a comment, as all of torch's are


def recognise(path: Path) -> str:
    """Return what the bytes of a file are: one of this file's names."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        return EMPTY
    if head[6:9] == b"\0\0{":  # a header follows its length in eight bytes, of which no length needs the last two
        return SAFETENSORS
    if head.startswith(b"PK\x03\x04"):
        return _recognise_zip(path)
    for magic, content in _MAGIC:
        if head.startswith(magic):
            return content
    return _recognise_without_magic(path, head)


def _recognise_zip(path: Path) -> str:
    # Of a file that is cut off, zipfile would take the directory of a smaller zip file within it.
    if not _tail(path).startswith(b"PK\x05\x06"):
        return CUT_OFF_ZIP
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        return CUT_OFF_ZIP
    inner = {name.partition("/")[2] for name in names} | set(names)
    if {"archive_format", "serialized_exported_program.json"} & inner:
        return EXPORTED_PROGRAM
    if "constants.pkl" in inner:
        return TORCHSCRIPT
    if "data.pkl" in inner:
        return STATE_DICT
    if "model.weights.h5" in inner:
        return KERAS
    return NUMPY if names and all(name.endswith(".npy") for name in names) else ARCHIVE


def _tail(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(-min(_ZIP_END_BYTES, path.stat().st_size), os.SEEK_END)
        return file.read()


def _recognise_without_magic(path: Path, head: bytes) -> str:
    if _PICKLE.match(head):
        return PICKLE
    if head[257:262] == b"ustar":
        return ARCHIVE
    if _WEB_PAGE.match(head):
        return WEB_PAGE
    if _is_onnx(path):
        return ONNX
    return _recognise_text(path, head) if _is_text(head) else UNKNOWN


def _is_onnx(path: Path) -> bool:
    try:
        return looks_like_onnx(path.read_bytes())
    except ProtobufError:
        return False


def _is_text(head: bytes) -> bool:
    if head.startswith(_BYTE_ORDER_MARKS):
        return True
    return b"\0" not in head and any(_is_encoded(head, encoding) for encoding in ("utf-8", "gb18030"))


def _is_encoded(head: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(head)  # the last character may be cut in two
    except UnicodeDecodeError:
        return False
    return True


def _recognise_text(path: Path, head: bytes) -> str:
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return TEXT
    try:
        parsed = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return TEXT
    return NOTEBOOK if isinstance(parsed, dict) and "cells" in parsed else TEXT
