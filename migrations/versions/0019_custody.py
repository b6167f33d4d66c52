"""Custody under the number on a piece's tag, and parcels to us under the number of their request, whatever kind it is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("custody_entries", sa.Column("tag", sa.String(20), nullable=True))
    op.execute(
        """UPDATE custody_entries SET tag = (
            SELECT c.number || '-' || p.position FROM consigned_pieces p
            JOIN consignments c ON c.id = p.consignment_id WHERE p.id = custody_entries.piece_id)"""
    )
    op.drop_index("ix_custody_entries_piece_id", "custody_entries")
    with op.batch_alter_table("custody_entries") as entries:
        entries.drop_constraint("fk_custody_entries_piece_id", type_="foreignkey")
        entries.drop_column("piece_id")
        entries.alter_column("tag", existing_type=sa.String(20), nullable=False)
        entries.create_index("ix_custody_entries_tag", ["tag"])
    with op.batch_alter_table("parcels") as parcels:
        parcels.drop_index("ix_parcels_consignment_id")
        parcels.drop_constraint("fk_parcels_consignment_id", type_="foreignkey")
        parcels.drop_column("consignment_id")


def downgrade() -> None:
    with op.batch_alter_table("parcels") as parcels:
        parcels.add_column(sa.Column("consignment_id", sa.Integer(), nullable=True))
        parcels.create_foreign_key(op.f("fk_parcels_consignment_id"), "consignments", ["consignment_id"], ["id"])
        parcels.create_index("ix_parcels_consignment_id", ["consignment_id"])
    op.execute(
        """UPDATE parcels SET consignment_id = (SELECT c.id FROM consignments c WHERE c.number = parcels.order_number)
        WHERE order_id IS NULL"""
    )
    op.add_column("custody_entries", sa.Column("piece_id", sa.Integer(), nullable=True))
    op.execute(
        """UPDATE custody_entries SET piece_id = (
            SELECT p.id FROM consigned_pieces p JOIN consignments c ON c.id = p.consignment_id
            WHERE c.number || '-' || p.position = custody_entries.tag)"""
    )
    with op.batch_alter_table("custody_entries") as entries:
        entries.drop_index("ix_custody_entries_tag")
        entries.drop_column("tag")
        entries.alter_column("piece_id", existing_type=sa.Integer(), nullable=False)
        entries.create_foreign_key(op.f("fk_custody_entries_piece_id"), "consigned_pieces", ["piece_id"], ["id"])
        entries.create_index("ix_custody_entries_piece_id", ["piece_id"])
