"""In which language somebody's letters are written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("people", "link_requests"):
        op.add_column(table, sa.Column("language", sa.String(length=3), nullable=False, server_default=""))


def downgrade() -> None:
    for table in ("link_requests", "people"):
        op.drop_column(table, "language")
