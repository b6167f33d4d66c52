"""A request to sell is kept while its pieces are described, one for each owner."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.database import UTCDateTime

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_UNSENT = sa.text("requested_at IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("consignments") as consignments:
        consignments.alter_column("requested_at", existing_type=UTCDateTime(), nullable=True)
    op.create_index(
        "uq_consignments_draft",
        "consignments",
        ["owner_id"],
        unique=True,
        sqlite_where=_UNSENT,
        postgresql_where=_UNSENT,
    )


def downgrade() -> None:
    op.drop_index("uq_consignments_draft", table_name="consignments")
    op.execute("DELETE FROM consigned_pieces WHERE state = 'draft'")
    op.execute("DELETE FROM consignments WHERE requested_at IS NULL")
    with op.batch_alter_table("consignments") as consignments:
        consignments.alter_column("requested_at", existing_type=UTCDateTime(), nullable=False)
