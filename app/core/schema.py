"""Brings a database up to date: our tables by Alembic, then the engine's own."""

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


def alembic_config() -> Config:
    """Alembic's configuration without a file: the revisions lie beside this module."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def migrate_tables(engine: sa.Engine, revision: str = "head") -> None:
    """Bring our tables to a revision. Two processes that start at once wait for each other."""
    config = alembic_config()
    with engine.begin() as connection:
        take_turns(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


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
