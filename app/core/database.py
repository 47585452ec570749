"""Engine and sessions. One engine per process serves our tables and the job engine's."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from app.core.settings import get_settings

# From 3.42 on SQLite knows unixepoch('subsec'), which DBOS uses; Debian 12 has 3.40.1 (QUEUE.md, trap 1).
SQLITE_WITH_SUBSEC = (3, 42)
BUSY_TIMEOUT_MS = 30_000


@lru_cache
def get_engine() -> sa.Engine:
    """The engine of this process."""
    return make_engine(get_settings().resolved_database_url)


def make_engine(url: str, pool_size: int = 10, max_overflow: int = 20) -> sa.Engine:
    """An engine for a SQLite file or for Postgres.

    SQLite gets WAL (readers never wait for the writer), foreign keys, and transactions that take the write lock at
    their start, so that two writers wait for each other instead of failing half-way.
    """
    if url.startswith("sqlite"):
        _make_folder(url)
        engine = sa.create_engine(url, pool_size=pool_size, max_overflow=max_overflow)
        sa.event.listen(engine, "connect", _prepare_sqlite)
        return engine
    return sa.create_engine(url, pool_pre_ping=True, pool_size=pool_size, max_overflow=max_overflow)


def _make_folder(url: str) -> None:
    path = sa.make_url(url).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = "IMMEDIATE"
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    _switch_to_wal(connection)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")
    if sqlite3.sqlite_version_info < SQLITE_WITH_SUBSEC:
        connection.create_function("unixepoch", -1, _unixepoch)


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Switch a new file to WAL, once for all; later calls find it done.

    Two processes that do it at once fail without SQLite's own waiting: each holds the lock that the other needs.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        time.sleep(0.02)


def _unixepoch(*arguments: Any) -> float | int:
    """What SQLite 3.42 and later answer for `unixepoch()` and `unixepoch('subsec')`, the two forms that DBOS uses."""
    return time.time() if "subsec" in arguments else int(time.time())


@contextmanager
def session_scope() -> Iterator[Session]:
    """A session that commits when its block ends well and rolls back when it does not."""
    with Session(get_engine(), expire_on_commit=False) as session, session.begin():
        yield session


def begin_writing(connection: sa.Connection) -> None:
    """Take SQLite's one write lock now, unless this transaction has it.

    sqlite3 begins a transaction only at the first change: until then two processes can both read that something is
    missing, and a savepoint would be a transaction of its own. On Postgres there is nothing to do.
    """
    driver = connection.connection.dbapi_connection
    if isinstance(driver, sqlite3.Connection) and not driver.in_transaction:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def database_clock(dialect: str) -> sa.TextClause:
    """SQL for the database's time in Unix seconds with a fraction."""
    if dialect == "sqlite":
        return sa.text("(julianday('now') - 2440587.5) * 86400.0")
    return sa.text("extract(epoch from clock_timestamp())")
