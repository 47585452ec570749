"""Alembic's entry: runs the revisions on the connection that `schema.migrate` passes in."""

from alembic import context
from sqlmodel import SQLModel

import app.core.tables  # noqa: F401 - registers the tables for autogenerate

# The engine's own tables lie beside ours on SQLite; they are not for Alembic to drop.
OURS = frozenset(SQLModel.metadata.tables)


def _is_ours(name: str | None, kind: str, parents: object) -> bool:
    return kind != "table" or name in OURS


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    include_name=_is_ours,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
