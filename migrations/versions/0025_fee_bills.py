"""Fees that are paid by a link: one open bill a piece, and payments that are for no checkout."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.database import UTCDateTime

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('created', 'open')")


def upgrade() -> None:
    op.create_table(
        "fee_bills",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(12), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("subject_type", sa.String(40), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column(
            "state", sa.Enum("open", "paid", "over", name="billstate", native_enum=False, length=40), nullable=False
        ),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["people.id"], name=op.f("fk_fee_bills_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fee_bills")),
        sa.UniqueConstraint("number", name=op.f("uq_fee_bills_number")),
    )
    op.create_index(op.f("ix_fee_bills_owner_id"), "fee_bills", ["owner_id"])
    is_open = sa.text("state = 'open'")
    op.create_index(
        "uq_fee_bills_open",
        "fee_bills",
        ["subject_type", "subject_id"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.drop_index("uq_payment_attempts_open", "payment_attempts")
    with op.batch_alter_table("payment_attempts", schema=None) as batch_op:
        batch_op.alter_column("checkout_id", existing_type=sa.Integer(), nullable=True)
        batch_op.add_column(sa.Column("fee_bill_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(op.f("fk_payment_attempts_fee_bill_id"), "fee_bills", ["fee_bill_id"], ["id"])
    for name, column in (("uq_payment_attempts_open", "checkout_id"), ("uq_payment_attempts_open_bill", "fee_bill_id")):
        op.create_index(name, "payment_attempts", [column], unique=True, sqlite_where=OPEN, postgresql_where=OPEN)


def downgrade() -> None:
    op.drop_index("uq_payment_attempts_open_bill", "payment_attempts")
    op.drop_index("uq_payment_attempts_open", "payment_attempts")
    op.execute("DELETE FROM payment_attempts WHERE checkout_id IS NULL")
    with op.batch_alter_table("payment_attempts", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_payment_attempts_fee_bill_id"), type_="foreignkey")
        batch_op.drop_column("fee_bill_id")
        batch_op.alter_column("checkout_id", existing_type=sa.Integer(), nullable=False)
    op.create_index(
        "uq_payment_attempts_open",
        "payment_attempts",
        ["checkout_id"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.drop_table("fee_bills")
