"""A SQLite database: copied while it is written to, and put in place in one step."""

import contextlib
import os
import shutil
import sqlite3
from pathlib import Path

import sqlalchemy as sa

from app.core.backups.facts import Facts, read_facts
from app.core.backups.manifest import BackupProblem

BUSY_TIMEOUT_S = 30.0
# Whether anybody else has it open shows at once.
TAKE_TIMEOUT_S = 1.0


def database_path(engine: sa.Engine) -> Path:
    """The file. Raises BackupProblem for a database in memory."""
    if not engine.url.database or engine.url.database == ":memory:":
        raise BackupProblem("The database is in memory only: there is nothing to back up or to restore to.")
    return Path(engine.url.database)


def copy_database(source: Path, target: Path) -> None:
    """Copy a database as it is at one moment, with SQLite's own means; writers go on meanwhile.

    Raises:
        BackupProblem: if there is none, or it is damaged.
    """
    if not source.exists():
        raise BackupProblem(f"There is no database at {source}. Is DATA_DIR right?")
    try:
        with (
            contextlib.closing(sqlite3.connect(source, timeout=BUSY_TIMEOUT_S)) as old,
            contextlib.closing(sqlite3.connect(target)) as new,
        ):
            old.backup(new)
            new.execute("PRAGMA journal_mode=DELETE")  # all of it in one file
    except sqlite3.DatabaseError as error:
        raise BackupProblem(f"{source} cannot be copied: {error}") from error


def examine(path: Path) -> Facts:
    """What is in a file that nobody has open. Raises BackupProblem if it is damaged or none of ours."""
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            said = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
            if said != "ok":
                raise BackupProblem(f"The database is damaged: {said}")
            return read_facts(connection)
    except sa.exc.DatabaseError as error:
        raise BackupProblem(f"The database is damaged: {error.orig}") from error


def is_empty(path: Path) -> bool:
    """Whether there is no database, or one without tables."""
    if not path.exists() or path.stat().st_size == 0:
        return True
    with contextlib.closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)) as connection:
        return connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None


def take(path: Path) -> None:
    """Make sure that nobody has the database open, and that all of it is in its one file.

    Only the last one who has it open can leave write-ahead logging; the service enters that again by itself.

    Raises:
        BackupProblem: if somebody has.
    """
    if not path.exists():
        _check_remains(path)
        return
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=TAKE_TIMEOUT_S)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        raise BackupProblem(f"The service is using {path} ({error}). Stop it first: web, workers, all.") from error


def _check_remains(path: Path) -> None:
    """SQLite would take what is left of another database for a part of the new one."""
    for remains in (path.with_name(path.name + end) for end in ("-wal", "-journal")):
        if remains.exists():
            raise BackupProblem(f"{remains} is there without its database. Move it away first.")


def replace_database(path: Path, new: Path, aside: Path | None) -> None:
    """Put a database in place in one step; the old one gets another name, if it is to be kept.

    At every moment there is a whole database under `path`: the old one or the new one.
    """
    if aside is not None:
        try:
            os.link(path, aside)
        except FileExistsError:
            raise
        except OSError:  # a file system without second names
            shutil.copy2(path, aside)
    with new.open("rb") as file:
        os.fsync(file.fileno())
    new.replace(path)
    _keep_names(path.parent)


def _keep_names(folder: Path) -> None:
    """Have the names in a folder on disk, for the case of a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
