"""Sales on outside marketplaces, which hold a piece as a checkout does."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.database import UTCDateTime

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

STATES = ("noticed", "taken", "sent", "completed", "cancelled", "returned", "refused", "called_off")


def upgrade() -> None:
    op.create_table(
        "channel_sales",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(12), nullable=False),
        sa.Column("outlet", sa.String(40), nullable=False),
        sa.Column("ref", sa.String(60), nullable=False),
        sa.Column("state", sa.Enum(*STATES, name="salestate", native_enum=False, length=40), nullable=False),
        sa.Column("listing_number", sa.String(20), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=True),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("commission_minor", sa.BigInteger(), nullable=False),
        sa.Column("due_minor", sa.BigInteger(), nullable=False),
        sa.Column("sold_at", UTCDateTime(), nullable=False),
        sa.Column("noticed_at", UTCDateTime(), nullable=False),
        sa.Column("sent_at", UTCDateTime(), nullable=True),
        sa.Column("closed_at", UTCDateTime(), nullable=True),
        sa.Column("refusal", sa.String(40), nullable=True),
        sa.Column("end_reason", sa.String(40), nullable=True),
        sa.CheckConstraint(
            "commission_minor >= 0 AND commission_minor <= price_minor",
            name=op.f("ck_channel_sales_commission_within_price"),
        ),
        sa.ForeignKeyConstraint(["listing_id"], ["listings.id"], name=op.f("fk_channel_sales_listing_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_sales")),
        sa.UniqueConstraint("number", name=op.f("uq_channel_sales_number")),
        sa.UniqueConstraint("outlet", "ref", name=op.f("uq_channel_sales_outlet_ref")),
    )
    op.create_index("ix_channel_sales_state", "channel_sales", ["state"])
    op.create_index("ix_channel_sales_listing_id", "channel_sales", ["listing_id"])
    op.create_table(
        "sandbox_channel_sales",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("outlet", sa.String(40), nullable=False),
        sa.Column("ref", sa.String(60), nullable=False),
        sa.Column("listing", sa.String(20), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("commission_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("sold_at", UTCDateTime(), nullable=False),
        sa.Column("completed_at", UTCDateTime(), nullable=True),
        sa.Column("cancelled_at", UTCDateTime(), nullable=True),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sandbox_channel_sales")),
        sa.UniqueConstraint("outlet", "ref", name=op.f("uq_sandbox_channel_sales_outlet_ref")),
    )
    op.create_table(
        "sandbox_channel_withdrawals",
        sa.Column("listing", sa.String(20), nullable=False),
        sa.Column("withdrawn_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("listing", name=op.f("pk_sandbox_channel_withdrawals")),
    )
    with op.batch_alter_table("consigned_pieces") as batch:
        batch.add_column(sa.Column("channel_sale_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_consigned_pieces_channel_sale_id"), "channel_sales", ["channel_sale_id"], ["id"]
        )
    op.create_index("ix_consigned_pieces_channel_sale_id", "consigned_pieces", ["channel_sale_id"])
    with op.batch_alter_table("holds") as batch:
        batch.alter_column("checkout_id", existing_type=sa.Integer(), nullable=True)
        batch.add_column(sa.Column("channel_sale_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(op.f("fk_holds_channel_sale_id"), "channel_sales", ["channel_sale_id"], ["id"])
        batch.create_check_constraint(op.f("ck_holds_one_holder"), "checkout_id IS NULL OR channel_sale_id IS NULL")
    op.create_index("ix_holds_channel_sale_id", "holds", ["channel_sale_id"])


def downgrade() -> None:
    op.drop_index("ix_holds_channel_sale_id", "holds")
    with op.batch_alter_table("holds") as batch:
        batch.drop_constraint(op.f("ck_holds_one_holder"), type_="check")
        batch.drop_column("channel_sale_id")
        batch.alter_column("checkout_id", existing_type=sa.Integer(), nullable=False)
    op.drop_index("ix_consigned_pieces_channel_sale_id", "consigned_pieces")
    with op.batch_alter_table("consigned_pieces") as batch:
        batch.drop_column("channel_sale_id")
    for table in ("sandbox_channel_withdrawals", "sandbox_channel_sales", "channel_sales"):
        op.drop_table(table)
