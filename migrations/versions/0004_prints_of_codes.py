"""Payouts know their cards' codes by a print, so that no code pays twice. Cards paid before have none."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("payouts", sa.Column("gift_card_print", sa.String(length=64), nullable=True))
    op.create_index("uq_payouts_gift_card_print", "payouts", ["gift_card_print"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_payouts_gift_card_print", "payouts")
    op.drop_column("payouts", "gift_card_print")
