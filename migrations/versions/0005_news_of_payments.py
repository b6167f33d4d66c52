"""How far we have looked at the payment provider, and what money there is none of ours."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.database import UTCDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "provider_looks",
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("looked_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_provider_looks")),
    )
    op.create_table(
        "unknown_money",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("ref", sa.String(length=120), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("found_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unknown_money")),
        sa.UniqueConstraint("ref", name=op.f("uq_unknown_money_ref")),
    )


def downgrade() -> None:
    op.drop_table("unknown_money")
    op.drop_table("provider_looks")
