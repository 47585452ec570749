"""Brings a database up to date: our tables by Alembic, then the engine's own."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.core.database import begin_writing
from app.core.errors import NotReady
from app.core.sentences import N_, Sentence

# Any number does, as long as every process of ours takes the same one for Postgres' advisory lock.
MIGRATION_LOCK = 7_155_001
BROKEN_KEYS = "PRAGMA foreign_key_check"


def alembic_config() -> Config:
    """Alembic's configuration without a file: the revisions lie beside this module."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def migrate_tables(engine: sa.Engine, revision: str = "head") -> None:
    """Bring our tables to a revision. Two processes that start at once wait for each other."""
    with migrating(engine) as config:
        command.upgrade(config, revision)


@contextmanager
def migrating(engine: sa.Engine) -> Iterator[Config]:
    """Alembic's configuration with a connection in a transaction, of one process at a time."""
    config = alembic_config()
    with _foreign_keys_aside(engine) as connection, connection.begin():
        take_turns(connection)
        config.attributes["connection"] = connection
        yield config
        if connection.dialect.name == "sqlite" and (broken := list(connection.exec_driver_sql(BROKEN_KEYS))):
            raise RuntimeError(f"the migration left rows without what they refer to: {broken[:5]}")


@contextmanager
def _foreign_keys_aside(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection that may replace a table others refer to, which is how SQLite changes a column.

    The switch does nothing within a transaction; on Postgres there is nothing to do.
    """
    with engine.connect() as connection:
        _switch_foreign_keys(connection, on=False)
        try:
            yield connection
        finally:
            _switch_foreign_keys(connection, on=True)


def _switch_foreign_keys(connection: sa.Connection, on: bool) -> None:
    driver = connection.connection.dbapi_connection
    if isinstance(driver, sqlite3.Connection):
        driver.execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")


def take_turns(connection: sa.Connection) -> None:
    """Let one process at a time go on until the end of its transaction: for migrating, and for seeding."""
    begin_writing(connection)
    if connection.dialect.name != "sqlite":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})


def check_tables(engine: sa.Engine) -> None:
    """Raise NotReady unless our tables are at the newest revision."""
    newest = ScriptDirectory.from_config(alembic_config()).get_current_head()
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    if found != newest:
        text = N_(
            "The database is at revision %(found)s and this version needs %(needed)s: run “mnist-benchmark migrate”."
        )
        raise NotReady(Sentence(text, {"found": found or "–", "needed": newest}))
