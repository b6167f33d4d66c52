"""Selling for the owner: requests, pieces, where they have been, and the parcels that bring them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.database import JSONDocument, UTCDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

STATES = (
    "requested", "inbound", "received", "inspecting", "declined", "proposed", "countered", "accepted", "refused", "live",
    "sold", "payable", "paid", "lost", "going_back", "returned", "donated", "recycled", "withdrawn",
)  # fmt: skip


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=40)


def upgrade() -> None:
    op.create_table(
        "consignments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(12), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("policy_version_id", sa.Integer(), nullable=False),
        sa.Column("requested_at", UTCDateTime(), nullable=False),
        sa.Column("way", _enum("way", "drop_off", "collection"), nullable=False),
        sa.Column("collect_on", sa.Date(), nullable=True),
        sa.Column("ships_from", JSONDocument, nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["people.id"], name=op.f("fk_consignments_owner_id")),
        sa.ForeignKeyConstraint(
            ["policy_version_id"], ["programme_versions.id"], name=op.f("fk_consignments_policy_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consignments")),
        sa.UniqueConstraint("number", name=op.f("uq_consignments_number")),
    )
    op.create_index("ix_consignments_owner_id", "consignments", ["owner_id"])
    op.create_table(
        "consigned_pieces",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consignment_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", _enum("piecestate", *STATES), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=True),
        sa.Column("house", sa.String(60), nullable=False),
        sa.Column("category", sa.String(40), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("colour", sa.String(40), nullable=False),
        sa.Column("grade", sa.String(40), nullable=False),
        sa.Column("words", sa.String(500), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("retail_minor", sa.BigInteger(), nullable=False),
        sa.Column("hoped_minor", sa.BigInteger(), nullable=True),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("listing_id", sa.Integer(), nullable=True),
        sa.Column("examined_by", sa.Integer(), nullable=True),
        sa.Column("found_genuine_by", sa.Integer(), nullable=True),
        sa.Column("decline_reason", sa.String(40), nullable=True),
        sa.Column("price_minor", sa.BigInteger(), nullable=True),
        sa.Column("countered_minor", sa.BigInteger(), nullable=True),
        sa.Column("choice", _enum("choice", "return", "donate", "recycle"), nullable=True),
        sa.Column("charity", sa.String(40), nullable=True),
        sa.Column("live_at", UTCDateTime(), nullable=True),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("owed_minor", sa.BigInteger(), nullable=True),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_settled_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["consignment_id"], ["consignments.id"], name=op.f("fk_consigned_pieces_consignment_id")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_consigned_pieces_item_id")),
        sa.ForeignKeyConstraint(["listing_id"], ["listings.id"], name=op.f("fk_consigned_pieces_listing_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_consigned_pieces_order_id")),
        sa.ForeignKeyConstraint(["examined_by"], ["people.id"], name=op.f("fk_consigned_pieces_examined_by")),
        sa.ForeignKeyConstraint(["found_genuine_by"], ["people.id"], name=op.f("fk_consigned_pieces_found_genuine_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consigned_pieces")),
        sa.UniqueConstraint("consignment_id", "position", name=op.f("uq_consigned_pieces_consignment_id_position")),
    )
    for column in ("consignment_id", "listing_id", "order_id", "state"):
        op.create_index(f"ix_consigned_pieces_{column}", "consigned_pieces", [column])
    known = sa.text("item_id IS NOT NULL")
    op.create_index(
        "uq_consigned_pieces_item",
        "consigned_pieces",
        ["item_id"],
        unique=True,
        sqlite_where=known,
        postgresql_where=known,
    )
    op.create_table(
        "custody_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("piece_id", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("place", sa.String(60), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_custody_entries_by_id")),
        sa.ForeignKeyConstraint(["piece_id"], ["consigned_pieces.id"], name=op.f("fk_custody_entries_piece_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custody_entries")),
    )
    op.create_index("ix_custody_entries_piece_id", "custody_entries", ["piece_id"])
    with op.batch_alter_table("parcels") as parcels:
        parcels.alter_column("order_id", existing_type=sa.Integer(), nullable=True)
        parcels.add_column(sa.Column("consignment_id", sa.Integer(), nullable=True))
        parcels.create_foreign_key(op.f("fk_parcels_consignment_id"), "consignments", ["consignment_id"], ["id"])
        parcels.create_index("ix_parcels_consignment_id", ["consignment_id"])


def downgrade() -> None:
    op.drop_table("custody_entries")
    op.drop_table("consigned_pieces")
    with op.batch_alter_table("parcels") as parcels:
        parcels.drop_index("ix_parcels_consignment_id")
        parcels.drop_constraint("fk_parcels_consignment_id", type_="foreignkey")
        parcels.drop_column("consignment_id")
    op.drop_table("consignments")
