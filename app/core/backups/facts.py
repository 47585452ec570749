"""What a database says of itself for a backup's manifest; also one that is older than this version."""

from dataclasses import dataclass

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from app.core.backups.manifest import BackupProblem
from app.core.schema import alembic_config

# Where the names of files in the store are kept.
FILE_COLUMNS = {
    "submission": ("model_file_sha256", "weights_sha256"),
    "quick_check": ("model_file_sha256", "weights_sha256"),
    "result": ("weights_sha256",),
}


@dataclass(frozen=True)
class Facts:
    """`rows`: of each table. `files`: sha256 of all files that it names."""

    revision: str
    rows: dict[str, int]
    files: frozenset[str]


def read_facts(connection: sa.Connection) -> Facts:
    """The facts of one moment. Raises BackupProblem where there is no database of ours."""
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is None:
        raise BackupProblem("There is nothing to back up: the database has no tables yet.")
    inspector = sa.inspect(connection)
    tables = sorted(inspector.get_table_names())
    quoted = connection.dialect.identifier_preparer.quote
    rows = {name: connection.scalar(sa.text(f"SELECT count(*) FROM {quoted(name)}")) or 0 for name in tables}  # noqa: S608
    return Facts(revision, rows, frozenset(_files(connection, inspector, tables)))


def _files(connection: sa.Connection, inspector: sa.Inspector, tables: list[str]) -> set[str]:
    found: set[str] = set()
    for table in FILE_COLUMNS.keys() & set(tables):
        there = {column["name"] for column in inspector.get_columns(table)}
        for name in there & set(FILE_COLUMNS[table]):
            column: sa.ColumnClause[str] = sa.column(name)
            query = sa.select(column).select_from(sa.table(table)).where(column.is_not(None))
            found.update(connection.scalars(query))
    return found


def check_revision(revision: str, version: str) -> bool:
    """Whether it is the newest. Raises BackupProblem for one that only a newer version knows."""
    scripts = ScriptDirectory.from_config(alembic_config())
    try:
        scripts.get_revision(revision)
    except CommandError as error:
        raise BackupProblem(
            f"Its database is at revision {revision}, which this version does not know; it was made by version "
            f"{version}. Update this installation first."
        ) from error
    return revision == scripts.get_current_head()
