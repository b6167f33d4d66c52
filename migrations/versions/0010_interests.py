"""What people keep in mind: saved pieces and searches, and the letters they do not want."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from marketplace.database import UTCDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_pieces",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("saved_at", UTCDateTime(), nullable=False),
        sa.Column("known_price_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["listing_id"], ["listings.id"], name=op.f("fk_saved_pieces_listing_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_saved_pieces_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_pieces")),
        sa.UniqueConstraint("person_id", "listing_id", name=op.f("uq_saved_pieces_person_id_listing_id")),
    )
    op.create_index("ix_saved_pieces_listing_id", "saved_pieces", ["listing_id"])
    op.create_table(
        "saved_searches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=True),
        sa.Column(
            "asked", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("pace", sa.Enum("instant", "daily", name="pace", native_enum=False, length=40), nullable=False),
        sa.Column("saved_at", UTCDateTime(), nullable=False),
        sa.Column("told_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_saved_searches_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_searches")),
    )
    op.create_index("ix_saved_searches_person_id", "saved_searches", ["person_id"])
    op.create_index("ix_saved_searches_pace", "saved_searches", ["pace", "category"])
    op.create_table(
        "notices_off",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("notice", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_notices_off_person_id")),
        sa.PrimaryKeyConstraint("person_id", "notice", name=op.f("pk_notices_off")),
    )


def downgrade() -> None:
    for table in ("notices_off", "saved_searches", "saved_pieces"):
        op.drop_table(table)
