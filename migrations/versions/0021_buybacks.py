"""Buying pieces: one row a request for a quote."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.database import JSONDocument, UTCDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

STATES = (
    "submitted", "quoted", "hoped", "declined", "refused", "lapsed", "accepted", "inbound", "received", "inspecting",
    "revised", "failed", "confirmed", "bought", "lost", "paid", "going_back", "returned", "withdrawn",
)  # fmt: skip
OVER = ("declined", "refused", "lapsed", "paid", "returned", "withdrawn")


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=40)


def upgrade() -> None:
    op.create_table(
        "buybacks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(12), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("policy_version_id", sa.Integer(), nullable=False),
        sa.Column("state", _enum("buybackstate", *STATES), nullable=False),
        sa.Column("submitted_at", UTCDateTime(), nullable=False),
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
        sa.Column("includes", JSONDocument, nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("listing_id", sa.Integer(), nullable=True),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("consigned_piece_id", sa.Integer(), nullable=True),
        sa.Column("examined_by", sa.Integer(), nullable=True),
        sa.Column("found_genuine_by", sa.Integer(), nullable=True),
        sa.Column("decline_reason", sa.String(40), nullable=True),
        sa.Column("model_minor", sa.BigInteger(), nullable=True),
        sa.Column("factors", JSONDocument, nullable=False),
        sa.Column("quoted_minor", sa.BigInteger(), nullable=True),
        sa.Column("quote_reason", sa.String(300), nullable=False),
        sa.Column("wished_minor", sa.BigInteger(), nullable=True),
        sa.Column("form", _enum("payoutform", "gift_card", "store_credit", "cash"), nullable=True),
        sa.Column("way", _enum("way", "drop_off", "collection"), nullable=True),
        sa.Column("collect_on", sa.Date(), nullable=True),
        sa.Column("ships_from", JSONDocument, nullable=True),
        sa.Column("revised_minor", sa.BigInteger(), nullable=True),
        sa.Column("revision_reason", sa.String(300), nullable=False),
        sa.Column("way_back", _enum("wayback", "collect", "courier", "sent"), nullable=True),
        sa.Column("bought_at", UTCDateTime(), nullable=True),
        sa.Column("owed_minor", sa.BigInteger(), nullable=True),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_settled_at", UTCDateTime(), nullable=True),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_buybacks_{column}"))
            for column, table in (
                ("owner_id", "people"),
                ("policy_version_id", "programme_versions"),
                ("item_id", "items"),
                ("listing_id", "listings"),
                ("order_id", "orders"),
                ("consigned_piece_id", "consigned_pieces"),
                ("examined_by", "people"),
                ("found_genuine_by", "people"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_buybacks")),
        sa.UniqueConstraint("number", name=op.f("uq_buybacks_number")),
    )
    for column in ("owner_id", "state", "due_at", "listing_id", "consigned_piece_id"):
        op.create_index(f"ix_buybacks_{column}", "buybacks", [column])
    still_open = "item_id IS NOT NULL AND state IN ({})".format(
        ", ".join(f"'{state}'" for state in STATES if state not in OVER)
    )
    op.create_index(
        "uq_buybacks_open_item",
        "buybacks",
        ["item_id"],
        unique=True,
        sqlite_where=sa.text(still_open),
        postgresql_where=sa.text(still_open),
    )


def downgrade() -> None:
    op.drop_table("buybacks")
