"""Offers: a buyer proposes a price, the seller answers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.database import UTCDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

STATES = ("open", "countered", "accepted", "used", "declined", "lapsed", "expired", "withdrawn", "ended")
RUNNING = sa.text("state IN ('open', 'countered', 'accepted')")


def upgrade() -> None:
    op.create_table(
        "offers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("buyer_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Enum(*STATES, name="offerstate", native_enum=False, length=40), nullable=False),
        sa.Column("proposed_minor", sa.BigInteger(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["buyer_id"], ["people.id"], name=op.f("fk_offers_buyer_id")),
        sa.ForeignKeyConstraint(["listing_id"], ["listings.id"], name=op.f("fk_offers_listing_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
    )
    op.create_index("ix_offers_buyer_id", "offers", ["buyer_id"])
    op.create_index("ix_offers_listing_id", "offers", ["listing_id"])
    op.create_index(
        "uq_offers_running",
        "offers",
        ["listing_id", "buyer_id"],
        unique=True,
        sqlite_where=RUNNING,
        postgresql_where=RUNNING,
    )


def downgrade() -> None:
    op.drop_table("offers")
