"""Uploaded files, by sha256, through fsspec: a folder by default, or an object store.

A blob's name is its content's hash, so storing the same file twice keeps one, and a stored file is never changed.
"""

import hashlib
import os
import re
import shutil
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, BinaryIO

import fsspec
from fsspec.implementations.local import LocalFileSystem

from app.core.errors import UploadTooLarge
from app.core.settings import get_settings

CHUNK_BYTES = 1 << 20
NAME = re.compile(r"([0-9a-f]{2})/\1[0-9a-f]{62}")


@dataclass(frozen=True)
class Blob:
    """A stored file."""

    sha256: str
    size_bytes: int


class Blobs:
    """A store of files by sha256 at a folder or an fsspec URL."""

    def __init__(self, url: str) -> None:
        self.files, self.root = fsspec.core.url_to_fs(url)

    def store(self, chunks: Iterable[bytes], limit_bytes: int) -> Blob:
        """Write chunks to a draft while hashing and counting, then give it its name in one step.

        A file is never held whole in memory, and a reader never sees half of one.

        Raises:
            UploadTooLarge: as soon as the limit is passed; nothing is kept.
        """
        draft = f"{self.root}/drafts/{uuid.uuid4()}"
        self.files.makedirs(f"{self.root}/drafts", exist_ok=True)
        try:
            blob = self._write_draft(draft, chunks, limit_bytes)
            self._name(draft, self._path(blob.sha256))
        finally:
            if self.files.exists(draft):
                self.files.rm_file(draft)
        return blob

    def _write_draft(self, draft: str, chunks: Iterable[bytes], limit_bytes: int) -> Blob:
        sha256 = hashlib.sha256()
        size_bytes = 0
        with self.files.open(draft, "wb") as file:
            for chunk in chunks:
                size_bytes += len(chunk)
                if size_bytes > limit_bytes:
                    raise UploadTooLarge(limit_bytes)
                sha256.update(chunk)
                file.write(chunk)
            if isinstance(self.files, LocalFileSystem):
                # On disk before it has a name: after a power cut a name must not lead to an empty file.
                file.flush()
                os.fsync(file.fileno())
        return Blob(sha256.hexdigest(), size_bytes)

    def _name(self, draft: str, path: str) -> None:
        if self.files.exists(path):
            return
        self.files.makedirs(path.rpartition("/")[0], exist_ok=True)
        if isinstance(self.files, LocalFileSystem):
            Path(draft).replace(path)  # fsspec's own move copies; this is atomic
        else:
            self.files.mv(draft, path)

    def _path(self, sha256: str) -> str:
        return f"{self.root}/{sha256[:2]}/{sha256}"

    def open(self, sha256: str) -> BinaryIO:
        """A stored file for reading. Raises FileNotFoundError when it is not there."""
        opened: BinaryIO = self.files.open(self._path(sha256), "rb")
        return opened

    def stored(self) -> Iterator[str]:
        """The sha256 of every stored file; drafts are none."""
        for path in self.files.find(self.root):
            if NAME.fullmatch(name := path.removeprefix(f"{self.root}/")):
                yield name.rpartition("/")[2]

    def has(self, sha256: str) -> bool:
        """Whether a file is stored."""
        return bool(self.files.exists(self._path(sha256)))

    def remove(self, sha256: str) -> None:
        """Take a stored file away: one that is damaged, or was put here by a restore that failed."""
        self.files.rm_file(self._path(sha256))

    def size_bytes(self, sha256: str) -> int:
        """Size of a stored file."""
        return int(self.files.size(self._path(sha256)))

    def fetch(self, sha256: str, target: Path) -> None:
        """Copy a stored file to a path of this machine."""
        with self.open(sha256) as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy, CHUNK_BYTES)


def hash_of(chunks: Iterable[bytes]) -> Blob:
    """What these chunks would be stored as."""
    sha256 = hashlib.sha256()
    size_bytes = 0
    for chunk in chunks:
        sha256.update(chunk)
        size_bytes += len(chunk)
    return Blob(sha256.hexdigest(), size_bytes)


def chunks_of(file: IO[bytes]) -> Iterable[bytes]:
    """A file's content piece by piece."""
    return iter(lambda: file.read(CHUNK_BYTES), b"")


@lru_cache
def get_blobs() -> Blobs:
    """The store of this process."""
    return Blobs(get_settings().resolved_blob_url)
