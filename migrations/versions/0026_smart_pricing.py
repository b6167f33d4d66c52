"""Consigned pieces whose price falls by steps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.database import UTCDateTime

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("consigned_pieces", sa.Column("smart_from_minor", sa.BigInteger(), nullable=True))
    op.add_column("consigned_pieces", sa.Column("price_cuts", sa.Integer(), server_default="0", nullable=False))
    op.add_column("consigned_pieces", sa.Column("next_cut_at", UTCDateTime(), nullable=True))


def downgrade() -> None:
    for column in ("next_cut_at", "price_cuts", "smart_from_minor"):
        op.drop_column("consigned_pieces", column)
