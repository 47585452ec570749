"""People: sign-up and settings of the class, quotas, discussion, notifications, webhooks, the audit log.

Revision: 0004, after 0003.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from app.core.pseudonyms import free_pseudonym

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NEW_TABLES = (
    "helpful",
    "comment",
    "bonus",
    "charge",
    "webhook_delivery",
    "webhook",
    "notification",
    "identity",
    "audit",
    "attempt",
    "kept_answer",
)
# What rows that are there already get: sign-up stays as open as it was.
FILLED: dict[tuple[str, str], tuple[Any, Any]] = {
    ("api_token", "scopes"): (sa.String(length=80), "read submit"),
    ("classroom", "sign_up"): (sa.String(length=8), "open"),
    ("classroom", "time_zone"): (sa.String(length=64), "Asia/Shanghai"),
    ("classroom", "daily_quota"): (sa.Integer(), 20),
    ("classroom", "allow_weights"): (sa.Boolean(), True),
    ("classroom", "names"): (sa.String(length=12), "real"),
    ("classroom", "visibility"): (sa.String(length=8), "public"),
    ("user", "session_mark"): (sa.String(length=16), ""),
    ("user", "pseudonym"): (sa.String(length=40), ""),
    ("user", "muted"): (sa.String(length=200), ""),
}
OPTIONAL: dict[tuple[str, str], Any] = {
    ("classroom", "opens"): sa.DateTime(),
    ("classroom", "closes"): sa.DateTime(),
    ("classroom", "epochs_cap"): sa.Integer(),
    ("classroom", "parameters_cap"): sa.BigInteger(),
    ("classroom", "train_time_cap_s"): sa.Integer(),
    ("classroom", "upload_cap_bytes"): sa.BigInteger(),
    ("classroom", "paused"): sa.DateTime(),
    ("submission", "hidden"): sa.DateTime(),
    ("user", "seen"): sa.DateTime(),
    ("user", "departed"): sa.DateTime(),
}


def upgrade() -> None:
    create_tables()
    create_bonuses()
    create_kept_answers()
    add_reevaluations()
    create_webhook_deliveries()
    for (table, name), kind in OPTIONAL.items():
        op.add_column(table, sa.Column(name, kind, nullable=True))
    for (table, name), (kind, value) in FILLED.items():
        op.add_column(table, sa.Column(name, kind, nullable=True))
        op.execute(sa.update(sa.table(table, sa.column(name, kind))).values({name: value}))
    for table in dict.fromkeys(table for table, _ in FILLED):
        with op.batch_alter_table(table) as batch_op:
            for (of, name), (kind, _) in FILLED.items():
                if of == table:
                    batch_op.alter_column(name, existing_type=kind, nullable=False)
    create_pseudonyms()


def create_pseudonyms() -> None:
    """Each user gets one that nobody else has."""
    user = sa.table("user", sa.column("id", sa.Integer()), sa.column("pseudonym", sa.String()))
    taken: set[str] = set()
    for user_id in op.get_bind().execute(sa.select(user.c.id)).scalars().all():
        taken.add(drawn := free_pseudonym(taken))
        op.execute(sa.update(user).where(user.c.id == user_id).values(pseudonym=drawn))
    op.create_index(op.f("ix_user_pseudonym"), "user", ["pseudonym"], unique=False)


def create_tables() -> None:
    op.create_table(
        "attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
    )
    op.create_index(op.f("ix_attempt_key"), "attempt", ["key"], unique=False)
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["user.id"], name=op.f("fk_audit_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_audit_actor_id"), "audit", ["actor_id"], unique=False)
    op.create_table(
        "identity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("issuer", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_identity_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_identity_issuer_subject")),
    )
    op.create_index(op.f("ix_identity_user_id"), "identity", ["user_id"], unique=False)
    op.create_table(
        "notification",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("read", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_notification_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint("user_id", "key", name=op.f("uq_notification_user_id_key")),
    )
    op.create_index(op.f("ix_notification_user_id"), "notification", ["user_id"], unique=False)
    op.create_table(
        "webhook",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(length=400), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("events", sa.String(length=80), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("last_tried", sa.DateTime(), nullable=True),
        sa.Column("last_answer", sa.String(length=200), nullable=False),
        sa.Column("failing_since", sa.DateTime(), nullable=True),
        sa.Column("disabled", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_webhook_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_index(op.f("ix_webhook_user_id"), "webhook", ["user_id"], unique=False)
    op.create_table(
        "comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.String(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("edited", sa.DateTime(), nullable=True),
        sa.Column("removed", sa.DateTime(), nullable=True),
        sa.Column("removed_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["removed_by"], ["user.id"], name=op.f("fk_comment_removed_by")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_comment_submission_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_comment_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_comment_submission_id"), "comment", ["submission_id"], unique=False)
    op.create_index(op.f("ix_comment_user_id"), "comment", ["user_id"], unique=False)
    op.create_table(
        "charge",
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("refunded", sa.DateTime(), nullable=True),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_charge_run_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_charge_user_id")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_charge")),
    )
    op.create_index(op.f("ix_charge_user_id"), "charge", ["user_id"], unique=False)
    op.create_table(
        "helpful",
        sa.Column("comment_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"], name=op.f("fk_helpful_comment_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_helpful_user_id")),
        sa.PrimaryKeyConstraint("comment_id", "user_id", name=op.f("pk_helpful")),
    )


def create_bonuses() -> None:
    op.create_table(
        "bonus",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("given_by", sa.Integer(), nullable=True),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["given_by"], ["user.id"], name=op.f("fk_bonus_given_by")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_bonus_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bonus")),
    )
    op.create_index(op.f("ix_bonus_user_id"), "bonus", ["user_id"], unique=False)


def create_webhook_deliveries() -> None:
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("webhook_id", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.String(length=120), nullable=False),
        sa.Column("event", sa.String(length=24), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last_tried", sa.DateTime(), nullable=True),
        sa.Column("answer", sa.String(length=200), nullable=False),
        sa.Column("delivered", sa.DateTime(), nullable=True),
        sa.Column("given_up", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_delivery_webhook_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint("delivery_id", name=op.f("uq_webhook_delivery_delivery_id")),
    )
    op.create_index(op.f("ix_webhook_delivery_webhook_id"), "webhook_delivery", ["webhook_id"], unique=False)


def create_kept_answers() -> None:
    op.create_table(
        "kept_answer",
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("owner", "key", name=op.f("pk_kept_answer")),
    )
    op.create_index(op.f("ix_kept_answer_created"), "kept_answer", ["created"], unique=False)


def add_reevaluations() -> None:
    with op.batch_alter_table("run") as batch_op:
        batch_op.add_column(sa.Column("reevaluated_by", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_run_reevaluated_by"), "user", ["reevaluated_by"], ["id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_user_pseudonym"), "user")
    with op.batch_alter_table("run") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_run_reevaluated_by"), type_="foreignkey")
        batch_op.drop_column("reevaluated_by")
    for table in dict.fromkeys(table for table, _ in (*FILLED, *OPTIONAL)):
        options = {"sqlite_autoincrement": True} if table == "submission" else {}
        with op.batch_alter_table(table, table_kwargs=options) as batch_op:
            for of, name in (*FILLED, *OPTIONAL):
                if of == table:
                    batch_op.drop_column(name)
    for table in NEW_TABLES:
        op.drop_table(table)
