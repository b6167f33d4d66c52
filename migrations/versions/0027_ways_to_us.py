"""How pieces come to us: collected within hours, handed in at a point, brought to a store."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.database import JSONDocument

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("consignments", "buybacks"):
        op.add_column(table, sa.Column("collect_from", sa.Time(), nullable=True))
        op.add_column(table, sa.Column("collect_until", sa.Time(), nullable=True))
        op.add_column(table, sa.Column("place", JSONDocument, nullable=True))
    with op.batch_alter_table("consignments") as consignments:
        consignments.alter_column("ships_from", existing_type=JSONDocument, nullable=True)
    op.execute(
        "UPDATE buybacks SET way = 'store' WHERE way IS NULL AND form IS NOT NULL AND consigned_piece_id IS NULL"
    )


def downgrade() -> None:
    op.execute("UPDATE buybacks SET way = NULL WHERE way = 'store'")
    op.execute("UPDATE consignments SET way = 'drop_off' WHERE way = 'store'")
    nowhere = sa.table("consignments", sa.column("ships_from", JSONDocument))
    op.execute(nowhere.update().where(nowhere.c.ships_from.is_(None)).values(ships_from={}))
    with op.batch_alter_table("consignments") as consignments:
        consignments.alter_column("ships_from", existing_type=JSONDocument, nullable=False)
    for table in ("buybacks", "consignments"):
        for column in ("place", "collect_until", "collect_from"):
            op.drop_column(table, column)
