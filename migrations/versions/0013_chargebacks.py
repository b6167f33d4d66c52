"""Chargebacks: what a bank says of a payment, the files it is answered with, the sandbox's own books of both."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from marketplace.database import UTCDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

STATES = (
    "inquiry",
    "inquiry_answered",
    "inquiry_closed",
    "needs_answer",
    "answered",
    "won",
    "lost",
    "concluded",
)


def _state(name: str) -> sa.Column[str]:
    kind = sa.Enum(*STATES, name="chargebackstate", native_enum=False, length=40)
    return sa.Column(name, kind, nullable=False)


def _document(name: str) -> sa.Column[dict[str, object]]:
    kind = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    op.create_table(
        "chargebacks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("ref", sa.String(length=120), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        _state("state"),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("withdrawn_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.Column("due_by", UTCDateTime(), nullable=True),
        sa.Column("due_at", UTCDateTime(), nullable=True),
        _document("evidence"),
        sa.Column("sent_at", UTCDateTime(), nullable=True),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("seller_is_paid", sa.Boolean(), nullable=True),
        sa.Column("words", sa.String(length=1000), nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["payment_attempts.id"], name=op.f("fk_chargebacks_attempt_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chargebacks")),
        sa.UniqueConstraint("number", name=op.f("uq_chargebacks_number")),
        sa.UniqueConstraint("ref", name=op.f("uq_chargebacks_ref")),
    )
    op.create_index(op.f("ix_chargebacks_attempt_id"), "chargebacks", ["attempt_id"])
    op.create_table(
        "chargeback_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("chargeback_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("media_type", sa.String(length=60), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("added_by_id", sa.Integer(), nullable=False),
        sa.Column("added_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["chargeback_id"], ["chargebacks.id"], name=op.f("fk_chargeback_files_chargeback_id")),
        sa.ForeignKeyConstraint(["added_by_id"], ["people.id"], name=op.f("fk_chargeback_files_added_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chargeback_files")),
    )
    op.create_index(op.f("ix_chargeback_files_chargeback_id"), "chargeback_files", ["chargeback_id"])
    op.create_table(
        "sandbox_chargebacks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=80), nullable=False),
        sa.Column("payment_ref", sa.String(length=80), nullable=False),
        _state("status"),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("withdrawn_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("due_by", UTCDateTime(), nullable=False),
        _document("evidence"),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sandbox_chargebacks")),
        sa.UniqueConstraint("ref", name=op.f("uq_sandbox_chargebacks_ref")),
    )
    op.create_index(op.f("ix_sandbox_chargebacks_payment_ref"), "sandbox_chargebacks", ["payment_ref"])
    op.create_table(
        "sandbox_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("bytes_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sandbox_files")),
        sa.UniqueConstraint("ref", name=op.f("uq_sandbox_files_ref")),
        sa.UniqueConstraint("key", name=op.f("uq_sandbox_files_key")),
    )


def downgrade() -> None:
    for table in ("sandbox_files", "sandbox_chargebacks", "chargeback_files", "chargebacks"):
        op.drop_table(table)
