"""What finding needs: the number of each listing's last change, how often it was saved, words of styles to search."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.catalogue import search
from marketplace.listings import changes

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("listings", sa.Column("saves", sa.Integer(), server_default="0", nullable=False))
    op.add_column("listings", sa.Column("changed_in", sa.BigInteger(), server_default="0", nullable=False))
    op.create_index(op.f("ix_listings_changed_in"), "listings", ["changed_in"])
    changes.create(op.get_bind())
    search.create(op.get_bind())


def downgrade() -> None:
    raise NotImplementedError("the triggers stay")
