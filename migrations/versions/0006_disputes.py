"""Disputes: cases, decisions, messages, photos; parcels that bring a piece back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from marketplace.database import UTCDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dispute_claims",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "condition",
                "wrong_item",
                "damaged",
                "not_authentic",
                "incomplete",
                "never_arrived",
                name="kind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "parts", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("words", sa.String(length=1000), nullable=False),
        sa.Column("written_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_dispute_claims_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_claims")),
        sa.UniqueConstraint("order_id", name=op.f("uq_dispute_claims_order_id")),
    )
    op.create_table(
        "disputes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "opened",
                "awaiting_seller",
                "awaiting_buyer",
                "in_review",
                "awaiting_approval",
                "decided",
                "return_label",
                "return_in_transit",
                "returned",
                "return_lost",
                "closed",
                "withdrawn",
                name="disputestate",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "kind",
            sa.Enum(
                "condition",
                "wrong_item",
                "damaged",
                "not_authentic",
                "incomplete",
                "never_arrived",
                name="kind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "parts", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column(
            "wish", sa.Enum("return", "keep", "refund", name="wish", native_enum=False, length=40), nullable=False
        ),
        sa.Column("asked_minor", sa.BigInteger(), nullable=True),
        sa.Column("offered_minor", sa.BigInteger(), nullable=True),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=True),
        sa.Column("paused_until", UTCDateTime(), nullable=True),
        sa.Column("pause_reason", sa.String(length=500), nullable=False),
        sa.Column("appeal_until", UTCDateTime(), nullable=True),
        sa.Column("buyer_appealed_at", UTCDateTime(), nullable=True),
        sa.Column("seller_appealed_at", UTCDateTime(), nullable=True),
        sa.Column(
            "hearing", sa.Enum("buyer", "seller", "staff", name="side", native_enum=False, length=40), nullable=True
        ),
        sa.Column("seller_at_fault", sa.Boolean(), nullable=False),
        sa.Column("seller_is_paid", sa.Boolean(), nullable=False),
        sa.Column("refunds_on_scan", sa.Boolean(), nullable=False),
        sa.Column("is_piece_back", sa.Boolean(), nullable=False),
        sa.Column("closed_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_disputes_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disputes")),
        sa.UniqueConstraint("number", name=op.f("uq_disputes_number")),
    )
    with op.batch_alter_table("disputes", schema=None) as batch_op:
        batch_op.create_index(
            "ix_disputes_due",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("state NOT IN ('closed', 'withdrawn')"),
            postgresql_where=sa.text("state NOT IN ('closed', 'withdrawn')"),
        )
        batch_op.create_index(batch_op.f("ix_disputes_order_id"), ["order_id"], unique=False)
        batch_op.create_index(
            "uq_disputes_open_order",
            ["order_id"],
            unique=True,
            sqlite_where=sa.text("state NOT IN ('closed', 'withdrawn')"),
            postgresql_where=sa.text("state NOT IN ('closed', 'withdrawn')"),
        )

    op.create_table(
        "dispute_decisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dispute_id", sa.Integer(), nullable=False),
        sa.Column(
            "remedy",
            sa.Enum(
                "dismiss",
                "refund_with_return",
                "refund_without_return",
                "partial_refund",
                "pay_seller",
                "leave",
                name="remedy",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("of_price_minor", sa.BigInteger(), nullable=True),
        sa.Column("seller_at_fault", sa.Boolean(), nullable=False),
        sa.Column("words", sa.String(length=1000), nullable=False),
        sa.Column(
            "clause",
            sa.Enum(
                "as_described",
                "final_sale",
                "window",
                "delivery",
                "authentic",
                name="clause",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "hears", sa.Enum("buyer", "seller", "staff", name="side", native_enum=False, length=40), nullable=True
        ),
        sa.Column("reverses", sa.Boolean(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("proposed_at", UTCDateTime(), nullable=False),
        sa.Column("approver_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", UTCDateTime(), nullable=True),
        sa.Column("sent_back_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["approver_id"], ["people.id"], name=op.f("fk_dispute_decisions_approver_id")),
        sa.ForeignKeyConstraint(["author_id"], ["people.id"], name=op.f("fk_dispute_decisions_author_id")),
        sa.ForeignKeyConstraint(["dispute_id"], ["disputes.id"], name=op.f("fk_dispute_decisions_dispute_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_decisions")),
    )
    with op.batch_alter_table("dispute_decisions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dispute_decisions_dispute_id"), ["dispute_id"], unique=False)

    op.create_table(
        "dispute_messages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dispute_id", sa.Integer(), nullable=False),
        sa.Column(
            "side", sa.Enum("buyer", "seller", "staff", name="side", native_enum=False, length=40), nullable=False
        ),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("written_at", UTCDateTime(), nullable=False),
        sa.Column("words", sa.String(length=2000), nullable=False),
        sa.Column("is_masked", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["people.id"], name=op.f("fk_dispute_messages_author_id")),
        sa.ForeignKeyConstraint(["dispute_id"], ["disputes.id"], name=op.f("fk_dispute_messages_dispute_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_messages")),
    )
    with op.batch_alter_table("dispute_messages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dispute_messages_dispute_id"), ["dispute_id"], unique=False)

    op.create_table(
        "dispute_photos",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("dispute_id", sa.Integer(), nullable=True),
        sa.Column(
            "side", sa.Enum("buyer", "seller", "staff", name="side", native_enum=False, length=40), nullable=False
        ),
        sa.Column("part", sa.String(length=40), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("sent_at", UTCDateTime(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column(
            "widths", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.ForeignKeyConstraint(["author_id"], ["people.id"], name=op.f("fk_dispute_photos_author_id")),
        sa.ForeignKeyConstraint(["dispute_id"], ["disputes.id"], name=op.f("fk_dispute_photos_dispute_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_dispute_photos_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_photos")),
    )
    with op.batch_alter_table("dispute_photos", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dispute_photos_dispute_id"), ["dispute_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_dispute_photos_key"), ["key"], unique=False)
        batch_op.create_index(batch_op.f("ix_dispute_photos_order_id"), ["order_id"], unique=False)

    with op.batch_alter_table("parcels", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_return", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    for table in ("dispute_photos", "dispute_messages", "dispute_decisions", "disputes", "dispute_claims"):
        op.drop_table(table)
    op.drop_column("parcels", "is_return")
