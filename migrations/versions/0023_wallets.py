"""Accounts that people have with whoever carries cash: one a person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.database import JSONDocument, UTCDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wallets",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("request", JSONDocument, nullable=False),
        sa.Column("wanted_at", UTCDateTime(), nullable=False),
        sa.Column("was_tried", sa.Boolean(), nullable=False),
        sa.Column("ref", sa.String(120), nullable=True),
        sa.Column("is_submitted", sa.Boolean(), nullable=False),
        sa.Column("is_ready", sa.Boolean(), nullable=False),
        sa.Column("due", JSONDocument, nullable=False),
        sa.Column("pending", JSONDocument, nullable=False),
        sa.Column("disabled", sa.String(60), nullable=False),
        sa.Column("bank_ref", sa.String(120), nullable=True),
        sa.Column("last_four", sa.String(4), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=True),
        sa.Column("usable_from", UTCDateTime(), nullable=True),
        sa.Column("checked_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_wallets_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_wallets")),
        sa.UniqueConstraint("key", name=op.f("uq_wallets_key")),
        sa.UniqueConstraint("ref", name=op.f("uq_wallets_ref")),
    )


def downgrade() -> None:
    op.drop_table("wallets")
