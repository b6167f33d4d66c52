"""The rates accepted at Shippo, written down before a label is bought."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.database import UTCDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shippo_rates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("rate_ref", sa.String(length=120), nullable=False),
        sa.Column("shipment_ref", sa.String(length=120), nullable=False),
        sa.Column("cost_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("accepted_at", UTCDateTime(), nullable=False),
        sa.Column("ordered_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shippo_rates")),
        sa.UniqueConstraint("rate_ref", name=op.f("uq_shippo_rates_rate_ref")),
    )
    op.create_index(op.f("ix_shippo_rates_key"), "shippo_rates", ["key"])


def downgrade() -> None:
    op.drop_table("shippo_rates")
