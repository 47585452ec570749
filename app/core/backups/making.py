"""Makes a backup while the service runs."""

import io
import os
from pathlib import Path

import sqlalchemy as sa

from app.core.backups import postgres_dumps, sqlite_files
from app.core.backups.archive import Writer, write_mode
from app.core.backups.facts import Facts
from app.core.backups.manifest import DATABASES, POSTGRES, SECRET_KEY, BackupProblem, Manifest
from app.core.backups.staging import staging_folder
from app.core.blobs import Blobs, chunks_of, hash_of
from app.core.settings import Settings
from app.core.tables import now
from app.core.version import app_version


def make_backup(
    file: Path, engine: sa.Engine, blobs: Blobs, settings: Settings, *, is_forced: bool, has_secret_key: bool
) -> Manifest:
    """Write a backup, readable by its owner only; it gets its name when it is whole.

    The database is copied first and the files after it: a file is stored before a row names it, and never removed.
    `is_forced`: a file of that name may be replaced. `has_secret_key`: whoever reads the backup can then sign in as
    anybody, until the key is changed.

    Raises:
        BackupProblem: if it cannot be made. Nothing is left behind.
        OSError: if the file cannot be written.
    """
    mode = write_mode(file)
    _check_free(file, is_forced)
    with staging_folder(file.parent, ".backup-") as folder:
        draft = folder / "draft"
        with draft.open("wb") as opened, Writer(opened, mode) as writer:
            kind, facts = _add_database(writer, engine, draft)
            missing = _add_blobs(writer, blobs, facts)
            if has_secret_key:
                _add_secret_key(writer, settings)
            manifest = Manifest(
                created=now(),
                version=app_version(),
                database=kind,
                revision=facts.revision,
                rows=facts.rows,
                parts=writer.parts,
                missing=missing,
            )
            writer.seal(manifest)
        _put(draft, file, is_forced)
    return manifest


def _check_free(file: Path, is_forced: bool) -> None:
    if file.exists() and not is_forced:
        raise BackupProblem(f"{file} is there already. Give another name, or replace it with --force.")


def _put(draft: Path, file: Path, is_forced: bool) -> None:
    with draft.open("rb") as opened:
        os.fsync(opened.fileno())
    draft.chmod(0o600)
    _check_free(file, is_forced)
    draft.replace(file)


def _add_database(writer: Writer, engine: sa.Engine, draft: Path) -> tuple[str, Facts]:
    kind = engine.dialect.name
    path = draft.with_name(DATABASES[kind])
    if kind == POSTGRES:
        facts = postgres_dumps.dump_database(engine, path)
    else:
        sqlite_files.copy_database(sqlite_files.database_path(engine), path)
        facts = sqlite_files.examine(path)
    with path.open("rb") as file:
        writer.add(DATABASES[kind], file, path.stat().st_size)
    path.unlink()  # its room is wanted for what comes
    return kind, facts


def _add_blobs(writer: Writer, blobs: Blobs, facts: Facts) -> list[str]:
    """Add every stored file that is whole; returns those that are damaged, or named and not there."""
    damaged = set()
    stored = sorted(blobs.stored())
    for sha256 in stored:
        with blobs.open(sha256) as file:
            size_bytes = blobs.size_bytes(sha256)
            if hash_of(chunks_of(file)).sha256 != sha256:
                damaged.add(sha256)
                continue
            file.seek(0)
            writer.add(f"blobs/{sha256}", file, size_bytes)
    return sorted(damaged | (facts.files - set(stored)))


def _add_secret_key(writer: Writer, settings: Settings) -> None:
    key = settings.resolved_secret_key.encode()
    writer.add(SECRET_KEY, io.BytesIO(key), len(key))
