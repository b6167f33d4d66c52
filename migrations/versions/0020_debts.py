"""What sellers owe after a finding of fraud, and what of a payout paid such a debt."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("payouts", sa.Column("covered_minor", sa.BigInteger(), server_default="0", nullable=False))
    with op.batch_alter_table("payouts") as payouts:
        payouts.alter_column("covered_minor", existing_type=sa.BigInteger(), server_default=None)
    op.create_table(
        "debts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seller_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("open_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_debts_order_id")),
        sa.ForeignKeyConstraint(["seller_id"], ["people.id"], name=op.f("fk_debts_seller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_debts")),
    )
    op.create_index("ix_debts_order_id", "debts", ["order_id"])
    is_open = sa.text("open_minor > 0")
    op.create_index("ix_debts_open", "debts", ["seller_id"], sqlite_where=is_open, postgresql_where=is_open)
    # What was found to be owed before there was a place for it stands in the ledger alone.
    op.execute(
        """INSERT INTO debts (seller_id, order_id, amount_minor, open_minor, currency, since)
        SELECT o.seller_id, o.id, e.amount_minor, e.amount_minor, e.currency, t.at
        FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id JOIN orders o ON o.id = e.order_id
        WHERE e.account = 'assets:seller receivable' AND e.amount_minor > 0 AND o.seller_id IS NOT NULL"""
    )


def downgrade() -> None:
    op.drop_table("debts")
    op.drop_column("payouts", "covered_minor")
