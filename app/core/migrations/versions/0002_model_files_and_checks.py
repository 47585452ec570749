"""Uploaded model files, quick checks, and how each worker shuts runs in.

Revision: 0002, after 0001.
"""

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NORMALIZE = {True: "mnist", False: "none"}
SUBMISSION = sa.table(
    "submission",
    sa.column("number", sa.Integer()),
    sa.column("model", sa.String()),
    sa.column("recipe", sa.JSON()),
    sa.column("class_name", sa.String()),
    sa.column("arguments", sa.String()),
)
RESULT = sa.table("result", sa.column("detected", sa.JSON()))
HEARTBEAT = sa.table("heartbeat", sa.column("isolation", sa.String()))


def upgrade() -> None:
    add_columns()
    fill_columns()
    rewrite_recipes(with_words)
    forbid_nulls()
    create_quick_check()


def add_columns() -> None:
    """Nullable at first: there may be rows."""
    op.add_column("submission", sa.Column("model_file_sha256", sa.String(length=64), nullable=True))
    op.add_column("submission", sa.Column("model_file_name", sa.String(length=200), nullable=True))
    op.add_column("submission", sa.Column("class_name", sa.String(length=120), nullable=True))
    op.add_column("submission", sa.Column("arguments", sa.String(length=500), nullable=True))
    op.add_column("result", sa.Column("detected", sa.JSON(), nullable=True))
    op.add_column("heartbeat", sa.Column("isolation", sa.String(length=16), nullable=True))
    op.add_column("heartbeat", sa.Column("refusal", sa.JSON(), nullable=True))


def fill_columns() -> None:
    op.execute(sa.update(SUBMISSION).values(class_name="", arguments=""))
    op.execute(sa.update(RESULT).values(detected={}))
    op.execute(sa.update(HEARTBEAT).values(isolation=""))


def forbid_nulls() -> None:
    # SQLite makes the table anew for this, and then forgets AUTOINCREMENT: numbers would be given twice.
    with op.batch_alter_table("submission", table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.alter_column("model", existing_type=sa.String(length=64), nullable=True)
        batch_op.alter_column("class_name", existing_type=sa.String(length=120), nullable=False)
        batch_op.alter_column("arguments", existing_type=sa.String(length=500), nullable=False)
    with op.batch_alter_table("result") as batch_op:
        batch_op.alter_column("detected", existing_type=sa.JSON(), nullable=False)
    with op.batch_alter_table("heartbeat") as batch_op:
        batch_op.alter_column("isolation", existing_type=sa.String(length=16), nullable=False)


def create_quick_check() -> None:
    op.create_table(
        "quick_check",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("model", sa.String(length=64), nullable=True),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("recipe", sa.JSON(), nullable=False),
        sa.Column("model_file_sha256", sa.String(length=64), nullable=True),
        sa.Column("model_file_name", sa.String(length=200), nullable=True),
        sa.Column("weights_sha256", sa.String(length=64), nullable=True),
        sa.Column("weights_name", sa.String(length=200), nullable=True),
        sa.Column("class_name", sa.String(length=120), nullable=False),
        sa.Column("arguments", sa.String(length=500), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("finished", sa.DateTime(), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("message", sa.JSON(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("report", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_quick_check_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quick_check")),
    )
    with op.batch_alter_table("quick_check") as batch_op:
        batch_op.create_index(batch_op.f("ix_quick_check_user_id"), ["user_id"], unique=False)


def rewrite_recipes(rewritten: Callable[[Mapping[str, Any]], dict[str, Any]]) -> None:
    """Change the recipe of every submission that has one."""
    connection = op.get_bind()
    for number, recipe in list(connection.execute(sa.select(SUBMISSION.c.number, SUBMISSION.c.recipe))):
        if isinstance(recipe, dict) and rewritten(recipe) != recipe:
            statement = sa.update(SUBMISSION).where(SUBMISSION.c.number == number)
            connection.execute(statement.values(recipe=rewritten(recipe)))


def with_words(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """The switch `normalize` became a choice."""
    given = recipe.get("normalize")
    return dict(recipe) | ({"normalize": NORMALIZE[given]} if isinstance(given, bool) else {})


def with_switch(recipe: Mapping[str, Any]) -> dict[str, Any]:
    given = recipe.get("normalize")
    return dict(recipe) | ({"normalize": given == "mnist"} if isinstance(given, str) else {})


def downgrade() -> None:
    with op.batch_alter_table("quick_check") as batch_op:
        batch_op.drop_index(batch_op.f("ix_quick_check_user_id"))

    op.drop_table("quick_check")
    rewrite_recipes(with_switch)
    op.execute(sa.update(SUBMISSION).where(SUBMISSION.c.model.is_(None)).values(model=""))
    with op.batch_alter_table("heartbeat") as batch_op:
        batch_op.drop_column("refusal")
        batch_op.drop_column("isolation")
    with op.batch_alter_table("result") as batch_op:
        batch_op.drop_column("detected")
    with op.batch_alter_table("submission", table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.alter_column("model", existing_type=sa.String(length=64), nullable=False)
        batch_op.drop_column("arguments")
        batch_op.drop_column("class_name")
        batch_op.drop_column("model_file_name")
        batch_op.drop_column("model_file_sha256")
