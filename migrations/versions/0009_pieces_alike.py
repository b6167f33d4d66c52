"""Pieces alike are found by indexes that end in the price; library pictures know when they were taken."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_listings_title_price": ["state", "title", "price_minor", "id"],
    "ix_listings_colour_price": ["state", "category", "colour", "price_minor", "id"],
    "ix_listings_category_price": ["state", "category", "price_minor", "id"],
}


def upgrade() -> None:
    op.add_column("style_pictures", sa.Column("taken_on", sa.Date(), nullable=True))
    for name, columns in INDEXES.items():
        op.create_index(name, "listings", columns)


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, "listings")
    op.drop_column("style_pictures", "taken_on")
