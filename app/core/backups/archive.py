"""The tar itself: written part by part, read and checked without ever unpacking by name."""

import contextlib
import hashlib
import io
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, BinaryIO, Self

from app.core.backups.manifest import (
    MANIFEST,
    MANIFEST_MAXIMUM_BYTES,
    BackupProblem,
    Manifest,
    Part,
    is_part,
    read_manifest,
)

CHUNK_BYTES = 1 << 20
SUFFIXES = {".tar": "w", ".tar.gz": "w:gz", ".tgz": "w:gz", ".tar.zst": "w:zst"}
# Weights hardly shrink and cost time; the database shrinks well at any level.
GZIP_LEVEL = 3
REGULAR = (tarfile.REGTYPE, tarfile.AREGTYPE)
PRIVATE = 0o600


def write_mode(file: Path) -> str:
    """How tarfile is to write a file of this name. Raises BackupProblem where the name does not say."""
    mode = next((mode for suffix, mode in SUFFIXES.items() if file.name.lower().endswith(suffix)), None)
    if mode is None:
        raise BackupProblem(f"“{file.name}” does not say how to write it. Name it .tar.gz, .tar or .tar.zst.")
    if mode == "w:zst" and "zst" not in tarfile.TarFile.OPEN_METH:
        raise BackupProblem("This Python cannot write .tar.zst (3.14 and later can). Name the file .tar.gz.")
    return mode


class _Hashed(io.RawIOBase):
    """What is read from a file, hashed and counted."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._sha256, self.size_bytes = file, hashlib.sha256(), 0

    def read(self, size: int = -1) -> bytes:
        """As a file does."""
        chunk = self._file.read(size)
        self._sha256.update(chunk)
        self.size_bytes += len(chunk)
        return chunk

    @property
    def part(self) -> Part:
        """What was read until now."""
        return Part(sha256=self._sha256.hexdigest(), size_bytes=self.size_bytes)


class Writer:
    """Writes an archive, and knows what is in it."""

    def __init__(self, file: BinaryIO, mode: str) -> None:
        more: dict[str, Any] = {"compresslevel": GZIP_LEVEL} if mode == "w:gz" else {}
        self._tar = tarfile.open(fileobj=file, mode=mode, format=tarfile.PAX_FORMAT, **more)  # type: ignore[call-overload]  # noqa: SIM115
        self.parts: dict[str, Part] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._tar.close()

    def add(self, name: str, file: IO[bytes], size_bytes: int) -> None:
        """Write a part. Raises OSError if the file is shorter than that."""
        source = _Hashed(file)
        self._tar.addfile(_member(name, size_bytes), source)
        self.parts[name] = source.part

    def seal(self, manifest: Manifest) -> None:
        """Write the manifest, the last thing in every backup."""
        text = manifest.model_dump_json(indent=1).encode()
        self._tar.addfile(_member(MANIFEST, len(text)), io.BytesIO(text))


def _member(name: str, size_bytes: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size_bytes, PRIVATE
    return member


def read_and_check(file: Path, keep: dict[str, Path]) -> Manifest:
    """Read an archive to its end, compare every part with the manifest, and return that.

    `keep`: parts to write to a path meanwhile. Nothing else is written.

    Raises:
        BackupProblem: if it is no backup, not whole, changed, or holds what no backup holds.
        OSError: if it cannot be read.
    """
    found: dict[str, Part] = {}
    manifest: Manifest | None = None
    with _reading(file):
        for member, content in _members(file):
            if manifest is not None:
                raise BackupProblem(f"{file} has something behind its manifest, as no backup has: {member.name[:80]}")
            if member.name == MANIFEST:
                manifest = read_manifest(content.read(MANIFEST_MAXIMUM_BYTES))
            else:
                _check_name(file, member.name, found)
                found[member.name] = _passed(content, keep.get(member.name))
    if manifest is None:
        raise BackupProblem(f"{file} ends before its manifest: it is no whole backup of this service.")
    _compare(file, found, manifest)
    return manifest


def parts_of(file: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """The parts of an archive that was checked, each to be read before the next is asked for."""
    with _reading(file):
        for member, content in _members(file):
            if member.name != MANIFEST:
                yield member.name, content


def _members(file: Path) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    with tarfile.open(file, "r:*") as tar:
        for member in tar:
            # A sparse file may claim any length and hold nothing: it would be read for ever.
            is_plain = member.type in REGULAR and not member.issparse()
            content = tar.extractfile(member) if is_plain else None
            if content is None:
                raise BackupProblem(f"{file} holds “{member.name[:80]}”, which is no plain file. No backup has such.")
            yield member, content


@contextlib.contextmanager
def _reading(file: Path) -> Iterator[None]:
    """What tarfile and its decompressors raise for a damaged archive, as one sentence."""
    import zlib

    try:
        yield
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise BackupProblem(f"{file} cannot be read as a backup: {error}") from error
    except OSError as error:
        if error.errno is not None:  # the disk's own; gzip's have none
            raise
        raise BackupProblem(f"{file} is damaged: {error}") from error


def _check_name(file: Path, name: str, found: dict[str, Part]) -> None:
    if not is_part(name):
        raise BackupProblem(f"{file} holds “{name[:80]}”, which no backup holds.")
    if name in found:
        raise BackupProblem(f"{file} holds “{name[:80]}” twice.")


def _passed(content: IO[bytes], target: Path | None) -> Part:
    source = _Hashed(content)
    if target is None:
        while source.read(CHUNK_BYTES):
            pass
    else:
        with target.open("wb") as copy:
            shutil.copyfileobj(source, copy, CHUNK_BYTES)
    return source.part


def _compare(file: Path, found: dict[str, Part], manifest: Manifest) -> None:
    for name in manifest.parts.keys() | found.keys():
        if name not in found:
            raise BackupProblem(f"{file} lacks {name}, which its manifest names.")
        if found[name] != manifest.parts.get(name):
            raise BackupProblem(f"{file} is damaged: {name} is not what its manifest says.")
    for sha256, part in manifest.blobs.items():
        if part.sha256 != sha256:
            raise BackupProblem(f"{file} holds a file under a name that is not its checksum: {sha256}")
    if manifest.database_name not in found:
        raise BackupProblem(f"{file} holds no database.")
