"""What is measured beyond accuracy, repetitions with other seeds, and claims of the old thread.

Revision: 0003, after 0002.
"""

import numpy as np
import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BINS = 15
RESULT = sa.table(
    "result",
    sa.column("run_id", sa.String()),
    sa.column("confidences", sa.LargeBinary()),
    sa.column("hits", sa.LargeBinary()),
    sa.column("ece", sa.Float()),
)
MEASURED = (
    ("flops", sa.BigInteger()),
    ("has_convolution", sa.Boolean()),
    ("latency_one_ms", sa.Float()),
    ("latency_thousand_ms", sa.Float()),
    ("size_bytes", sa.BigInteger()),
    ("robustness", sa.JSON()),
    ("robust_accuracy", sa.Float()),
    ("unmeasured", sa.JSON()),
    ("data_sha256", sa.String(length=64)),
)


def upgrade() -> None:
    create_claim()
    op.add_column("run", sa.Column("seed", sa.Integer(), nullable=True))
    add_submission_columns()
    add_result_columns()


def create_claim() -> None:
    op.create_table(
        "claim",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("classroom_id", sa.Integer(), nullable=False),
        sa.Column("source_key", sa.String(length=200), nullable=False),
        sa.Column("url", sa.String(length=400), nullable=False),
        sa.Column("author", sa.String(length=80), nullable=False),
        sa.Column("posted", sa.DateTime(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("accuracy", sa.Float(), nullable=True),
        sa.Column("understood", sa.JSON(), nullable=False),
        sa.Column("imported_by", sa.Integer(), nullable=True),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("withdrawn", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["classroom_id"], ["classroom.id"], name=op.f("fk_claim_classroom_id")),
        sa.ForeignKeyConstraint(["imported_by"], ["user.id"], name=op.f("fk_claim_imported_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
        sa.UniqueConstraint("source_key", name=op.f("uq_claim_source_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_claim_classroom_id"), "claim", ["classroom_id"], unique=False)


def add_submission_columns() -> None:
    # SQLite makes the table anew for the foreign key, and then forgets AUTOINCREMENT: numbers would be given twice.
    with op.batch_alter_table("submission", table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.add_column(sa.Column("claim_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("claimed_accuracy", sa.Float(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_submission_claim_id"), "claim", ["claim_id"], ["id"])
        batch_op.create_index(batch_op.f("ix_submission_claim_id"), ["claim_id"], unique=False)


def add_result_columns() -> None:
    for name, kind in MEASURED:
        op.add_column("result", sa.Column(name, kind, nullable=True))
    op.add_column("result", sa.Column("ece", sa.Float(), nullable=True))
    fill_ece()
    with op.batch_alter_table("result") as batch_op:
        batch_op.alter_column("ece", existing_type=sa.Float(), nullable=False)
        batch_op.create_index("ix_result_created", ["created"], unique=False)


def fill_ece() -> None:
    """Row by row: each holds 20 kB of confidences."""
    connection = op.get_bind()
    for run_id in list(connection.scalars(sa.select(RESULT.c.run_id))):
        chosen = RESULT.c.run_id == run_id
        confidences, hits = connection.execute(sa.select(RESULT.c.confidences, RESULT.c.hits).where(chosen)).one()
        connection.execute(sa.update(RESULT).where(chosen).values(ece=ece(confidences, hits)))


def ece(confidences: bytes, hits: bytes) -> float:
    """As `app.core.calibration` computed it at this revision."""
    sure = np.frombuffer(confidences, "<f2").astype(np.float64)
    right = np.unpackbits(np.frombuffer(hits, np.uint8), count=len(sure)).astype(np.float64)
    index = np.clip(np.searchsorted(np.linspace(0.0, 1.0, BINS + 1), sure, side="left") - 1, 0, BINS - 1)
    gaps = np.bincount(index, weights=right - sure, minlength=BINS)
    return float(np.abs(gaps).sum() / len(sure))


def downgrade() -> None:
    with op.batch_alter_table("result") as batch_op:
        batch_op.drop_index("ix_result_created")
        for name in ("ece", *(name for name, _ in MEASURED)):
            batch_op.drop_column(name)
    with op.batch_alter_table("submission", table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.drop_index(batch_op.f("ix_submission_claim_id"))
        batch_op.drop_constraint(batch_op.f("fk_submission_claim_id"), type_="foreignkey")
        batch_op.drop_column("claimed_accuracy")
        batch_op.drop_column("claim_id")
    op.drop_column("run", "seed")
    op.drop_index(op.f("ix_claim_classroom_id"), table_name="claim")
    op.drop_table("claim")
