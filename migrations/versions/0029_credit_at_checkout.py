"""What store credit pays of an order at our own checkout."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("orders") as orders:
        orders.add_column(sa.Column("credit_minor", sa.BigInteger(), nullable=False, server_default="0"))
        orders.create_check_constraint(
            op.f("ck_orders_credit_within_total"),
            "credit_minor >= 0 AND credit_minor <= price_minor + shipping_minor + tax_minor",
        )
    with op.batch_alter_table("orders") as orders:
        orders.alter_column("credit_minor", existing_type=sa.BigInteger(), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("orders") as orders:
        orders.drop_constraint(op.f("ck_orders_credit_within_total"), type_="check")
        orders.drop_column("credit_minor")
