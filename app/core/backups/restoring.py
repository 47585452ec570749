"""Restores a backup: all of it, or nothing has changed.

Everything is read and checked before anything is touched. Files are added next: their names are their checksums, so
that more of them change nothing. The database comes last and in one step, on either engine.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import sqlalchemy as sa

from app.core.backups import postgres_dumps, sqlite_files
from app.core.backups.archive import parts_of, read_and_check
from app.core.backups.facts import check_revision
from app.core.backups.manifest import BLOB, DATABASES, POSTGRES, SECRET_KEY, SQLITE, BackupProblem, Manifest
from app.core.backups.staging import staging_folder
from app.core.blobs import Blobs, chunks_of, hash_of
from app.core.settings import Settings
from app.core.tables import now

# Its size was checked against the manifest.
UNLIMITED_BYTES = 1 << 62


@dataclass(frozen=True)
class Restored:
    """What was done. `aside`: where the old database is now. `is_newest`: whether nothing is left to migrate."""

    manifest: Manifest
    is_newest: bool
    aside: str | None = None
    added_files: int = 0
    took_secret_key: bool = False


def check_backup(file: Path) -> Restored:
    """Read a backup to its end and compare every checksum; nothing is changed.

    Raises:
        BackupProblem: if it is damaged, none, or of a newer version.
        OSError: if it cannot be read.
    """
    manifest = read_and_check(file, {})
    return Restored(manifest, check_revision(manifest.revision, manifest.version))


def restore_backup(file: Path, engine: sa.Engine, blobs: Blobs, settings: Settings, *, is_forced: bool) -> Restored:
    """Put a backup in place while the service is stopped.

    `is_forced`: a database that is there already is set aside, not lost; else it is a reason to refuse.

    Raises:
        BackupProblem: if it cannot be done. Everything is as it was.
        OSError: if a file cannot be read or written. Everything is as it was.
    """
    target = _Postgres(engine) if engine.dialect.name == POSTGRES else _Sqlite(engine)
    parent = target.folder(settings)
    parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with staging_folder(parent, ".restore-") as folder:
        staged = folder / DATABASES[target.kind]
        manifest = read_and_check(file, {staged.name: staged})
        is_newest = _check(manifest, target, staged)
        has_old = _check_target(target, is_forced)
        with _adding(blobs) as added, _taking_secret_key(settings) as key:
            _read_files(file, blobs, added, key)
            aside = target.replace(staged, _suffix() if has_old else None)
    return Restored(manifest, is_newest, aside, len(added), bool(key))


class _Sqlite:
    """A database file."""

    kind = SQLITE

    def __init__(self, engine: sa.Engine) -> None:
        self.path = sqlite_files.database_path(engine)

    def folder(self, _settings: Settings) -> Path:
        """Where a file is made that shall take the old one's place."""
        return self.path.parent

    def revision(self, staged: Path) -> str:
        """Of a database that was read from a backup."""
        return sqlite_files.examine(staged).revision

    def is_empty(self) -> bool:
        """Whether nothing would be lost."""
        return sqlite_files.is_empty(self.path)

    def check_unused(self) -> None:
        """Raise BackupProblem while the service runs."""
        sqlite_files.take(self.path)

    def replace(self, staged: Path, suffix: str | None) -> str | None:
        """Put it in place; returns where the old one is."""
        aside = self.path.with_name(f"{self.path.name}.{suffix}") if suffix else None
        sqlite_files.replace_database(self.path, staged, aside)
        return str(aside) if aside else None


class _Postgres:
    """A database on a server."""

    kind = POSTGRES

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = sa.create_engine(engine.url, poolclass=sa.NullPool)

    def folder(self, settings: Settings) -> Path:
        """Where there is room for a dump."""
        return settings.data_dir

    def revision(self, staged: Path) -> str | None:
        """Not known before it is restored; the checksum vouches for it."""
        postgres_dumps.find_server(self.engine).run("pg_restore", "--list", staged, names_database=False)
        return None

    def is_empty(self) -> bool:
        """Whether nothing would be lost."""
        return postgres_dumps.is_empty(self.engine)

    def check_unused(self) -> None:
        """Raise BackupProblem while the service runs."""
        postgres_dumps.check_unused(self.engine)

    def replace(self, staged: Path, suffix: str | None) -> str | None:
        """Put it in place; returns where the old one is."""
        postgres_dumps.replace_database(self.engine, staged, suffix)
        return ", ".join(f"{name}_{suffix}" for name in postgres_dumps.SCHEMAS) if suffix else None


def _suffix() -> str:
    return f"before_{now():%Y%m%d_%H%M%S}"


def _check(manifest: Manifest, target: _Sqlite | _Postgres, staged: Path) -> bool:
    """Whether the database is at the newest revision."""
    if manifest.database != target.kind:
        raise BackupProblem(
            f"It holds a database of {manifest.database}, and DATABASE_URL names one of {target.kind}. "
            "A backup goes back to the engine that it came from."
        )
    is_newest = check_revision(manifest.revision, manifest.version)
    found = target.revision(staged)
    if found not in (None, manifest.revision):
        raise BackupProblem(f"Its database is at revision {found}, and its manifest says {manifest.revision}.")
    return is_newest


def _check_target(target: _Sqlite | _Postgres, is_forced: bool) -> bool:
    """Whether there is a database already, which is then to be set aside."""
    has_old = not target.is_empty()
    if has_old and not is_forced:
        raise BackupProblem("There is a database already. With --force it is set aside and the backup takes its place.")
    target.check_unused()
    return has_old


@contextlib.contextmanager
def _adding(blobs: Blobs) -> Iterator[list[str]]:
    """A list of the files added; if anything fails, they are taken away again."""
    added: list[str] = []
    try:
        yield added
    except BaseException:
        for sha256 in added:
            with contextlib.suppress(OSError):
                blobs.remove(sha256)
        raise


@contextlib.contextmanager
def _taking_secret_key(settings: Settings) -> Iterator[list[Path]]:
    """Where to put the key that signs cookies; empty where there is one already, or the environment says one."""
    path = settings.data_dir / SECRET_KEY
    written: list[Path] = [] if settings.secret_key or path.exists() else [path]
    try:
        yield written
    except BaseException:
        for each in written:
            each.unlink(missing_ok=True)
        raise


def _read_files(file: Path, blobs: Blobs, added: list[str], key: list[Path]) -> None:
    """Store the files of a backup; `key` keeps its path only if a key was written there."""
    has_key = False
    for name, content in parts_of(file):
        if match := BLOB.fullmatch(name):
            _store(blobs, match[1], content, added)
        elif name == SECRET_KEY and key:
            _write_privately(key[0], content.read())
            has_key = True
    if not has_key:
        key.clear()


def _store(blobs: Blobs, sha256: str, content: IO[bytes], added: list[str]) -> None:
    is_there = blobs.has(sha256)
    if is_there:
        with blobs.open(sha256) as old:
            if hash_of(chunks_of(old)).sha256 == sha256:
                return
        blobs.remove(sha256)  # damaged: what the backup holds is what it was
    stored = blobs.store(chunks_of(content), limit_bytes=UNLIMITED_BYTES)
    if not is_there:
        added.append(stored.sha256)
    if stored.sha256 != sha256:
        raise BackupProblem(f"The backup was changed while it was read: {sha256}")


def _write_privately(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
