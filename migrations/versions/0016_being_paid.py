"""Being paid: store credit, and payouts in more than one form, for more than orders."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.database import UTCDateTime
from marketplace.ledger import triggers

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

FORMS = ("gift_card", "store_credit", "cash")


def _form() -> sa.Enum:
    return sa.Enum(*FORMS, name="payoutform", native_enum=False, length=40)


def upgrade() -> None:
    op.create_table(
        "store_credits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("holder_id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("initial_minor", sa.BigInteger(), nullable=False),
        sa.Column("bonus_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("issued_at", UTCDateTime(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.Column("expired_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["holder_id"], ["people.id"], name=op.f("fk_store_credits_holder_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store_credits")),
        sa.UniqueConstraint("number", name=op.f("uq_store_credits_number")),
    )
    op.create_index(op.f("ix_store_credits_holder_id"), "store_credits", ["holder_id"], unique=False)
    op.create_table(
        "payout_preferences",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("form", _form(), nullable=False),
        sa.Column("chosen_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_payout_preferences_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_payout_preferences")),
    )
    # Never through a copy of the table: its triggers would be gone with the original.
    op.add_column("ledger_entries", sa.Column("store_credit_id", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_ledger_entries_store_credit_id"), "ledger_entries", ["store_credit_id"], unique=False)

    with op.batch_alter_table("redemptions", schema=None) as batch_op:
        batch_op.alter_column("gift_card_id", existing_type=sa.Integer(), nullable=True)
        batch_op.add_column(sa.Column("holder_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(op.f("fk_redemptions_holder_id"), "people", ["holder_id"], ["id"])
        batch_op.create_index(op.f("ix_redemptions_holder_id"), ["holder_id"], unique=False)

    with op.batch_alter_table("payouts", schema=None) as batch_op:
        batch_op.alter_column("order_id", existing_type=sa.Integer(), nullable=True)
        batch_op.alter_column("order_number", new_column_name="reference", existing_type=sa.String(length=12))
        batch_op.alter_column("form", existing_type=sa.String(length=40), type_=_form(), existing_nullable=False)
        batch_op.add_column(
            sa.Column(
                "reason",
                sa.Enum("sale", "consignment", "buyback", name="payoutreason", native_enum=False, length=40),
                nullable=False,
                server_default="sale",
            )
        )
        batch_op.add_column(sa.Column("terms_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("promised_by", UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column("store_credit_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(op.f("fk_payouts_terms_id"), "programme_versions", ["terms_id"], ["id"])
        batch_op.create_foreign_key(op.f("fk_payouts_store_credit_id"), "store_credits", ["store_credit_id"], ["id"])
        batch_op.create_unique_constraint(op.f("uq_payouts_store_credit_id"), ["store_credit_id"])
    with op.batch_alter_table("payouts", schema=None) as batch_op:
        batch_op.create_unique_constraint(op.f("uq_payouts_reference"), ["reference"])
        batch_op.alter_column("reason", existing_type=sa.String(length=40), server_default=None)
    triggers.create(op.get_bind())


def downgrade() -> None:
    with op.batch_alter_table("payouts", schema=None) as batch_op:
        for column in ("store_credit_id", "promised_by", "terms_id", "reason"):
            batch_op.drop_column(column)
        batch_op.alter_column("reference", new_column_name="order_number", existing_type=sa.String(length=12))
    with op.batch_alter_table("redemptions", schema=None) as batch_op:
        batch_op.drop_column("holder_id")
    op.drop_index(op.f("ix_ledger_entries_store_credit_id"), "ledger_entries")
    op.drop_column("ledger_entries", "store_credit_id")
    op.drop_table("payout_preferences")
    op.drop_table("store_credits")
