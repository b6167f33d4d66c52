"""How often a listing was looked at."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "listing_views",
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("views", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["listing_id"], ["listings.id"], name=op.f("fk_listing_views_listing_id")),
        sa.PrimaryKeyConstraint("listing_id", name=op.f("pk_listing_views")),
    )


def downgrade() -> None:
    op.drop_table("listing_views")
