"""The desk: whose case it is, saved replies, goodwill, held payouts, who read what."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from marketplace.database import UTCDateTime
from marketplace.ledger import triggers

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLES = (
    "dispute_visits",
    "dispute_snoozes",
    "dispute_assignments",
    "payout_holds",
    "goodwill",
    "staff_preferences",
    "saved_replies",
    "dispute_bulk_changes",
    "readings",
)


def upgrade() -> None:
    op.create_table(
        "readings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("reader_id", sa.Integer(), nullable=False),
        sa.Column("subject_type", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readings")),
    )
    with op.batch_alter_table("readings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_readings_reader_id"), ["reader_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_readings_subject_type_subject_id"), ["subject_type", "subject_id"], unique=False
        )

    op.create_table(
        "dispute_bulk_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column(
            "verb", sa.Enum("assign", "snooze", "close", name="verb", native_enum=False, length=40), nullable=False
        ),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column(
            "before", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("undone_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["people.id"], name=op.f("fk_dispute_bulk_changes_agent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_bulk_changes")),
    )
    with op.batch_alter_table("dispute_bulk_changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dispute_bulk_changes_agent_id"), ["agent_id"], unique=False)

    op.create_table(
        "saved_replies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("words", sa.String(length=1500), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.Column("retired_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["author_id"], ["people.id"], name=op.f("fk_saved_replies_author_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_replies")),
    )
    op.create_table(
        "staff_preferences",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("has_keys", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_staff_preferences_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_staff_preferences")),
    )
    op.create_table(
        "goodwill",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("receiver_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("held", "due", "issued", "refused", name="payoutstate", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("given_by_id", sa.Integer(), nullable=False),
        sa.Column("given_at", UTCDateTime(), nullable=False),
        sa.Column("issued_at", UTCDateTime(), nullable=True),
        sa.Column("gift_card_number", sa.String(length=40), nullable=True),
        sa.Column("gift_card_last_four", sa.String(length=4), nullable=True),
        sa.Column("gift_card_print", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["given_by_id"], ["people.id"], name=op.f("fk_goodwill_given_by_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_goodwill_order_id")),
        sa.ForeignKeyConstraint(["receiver_id"], ["people.id"], name=op.f("fk_goodwill_receiver_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goodwill")),
        sa.UniqueConstraint("gift_card_number", name=op.f("uq_goodwill_gift_card_number")),
        sa.UniqueConstraint("number", name=op.f("uq_goodwill_number")),
    )
    with op.batch_alter_table("goodwill", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_goodwill_order_id"), ["order_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_goodwill_receiver_id"), ["receiver_id"], unique=False)
        batch_op.create_index("uq_goodwill_gift_card_print", ["gift_card_print"], unique=True)

    op.create_table(
        "payout_holds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("clears", sa.String(length=2000), nullable=False),
        sa.Column("placed_by_id", sa.Integer(), nullable=False),
        sa.Column("placed_at", UTCDateTime(), nullable=False),
        sa.Column("until", UTCDateTime(), nullable=False),
        sa.Column("released_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_payout_holds_order_id")),
        sa.ForeignKeyConstraint(["placed_by_id"], ["people.id"], name=op.f("fk_payout_holds_placed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_holds")),
    )
    with op.batch_alter_table("payout_holds", schema=None) as batch_op:
        batch_op.create_index(
            "uq_payout_holds_standing",
            ["order_id"],
            unique=True,
            sqlite_where=sa.text("released_at IS NULL"),
            postgresql_where=sa.text("released_at IS NULL"),
        )

    op.create_table(
        "dispute_assignments",
        sa.Column("dispute_id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("assigned_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["people.id"], name=op.f("fk_dispute_assignments_agent_id")),
        sa.ForeignKeyConstraint(["dispute_id"], ["disputes.id"], name=op.f("fk_dispute_assignments_dispute_id")),
        sa.PrimaryKeyConstraint("dispute_id", name=op.f("pk_dispute_assignments")),
    )
    with op.batch_alter_table("dispute_assignments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dispute_assignments_agent_id"), ["agent_id"], unique=False)

    op.create_table(
        "dispute_snoozes",
        sa.Column("dispute_id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("until", UTCDateTime(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["people.id"], name=op.f("fk_dispute_snoozes_agent_id")),
        sa.ForeignKeyConstraint(["dispute_id"], ["disputes.id"], name=op.f("fk_dispute_snoozes_dispute_id")),
        sa.PrimaryKeyConstraint("dispute_id", "agent_id", name=op.f("pk_dispute_snoozes")),
    )
    op.create_table(
        "dispute_visits",
        sa.Column("dispute_id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("seen_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["people.id"], name=op.f("fk_dispute_visits_agent_id")),
        sa.ForeignKeyConstraint(["dispute_id"], ["disputes.id"], name=op.f("fk_dispute_visits_dispute_id")),
        sa.PrimaryKeyConstraint("dispute_id", "agent_id", name=op.f("pk_dispute_visits")),
    )
    triggers.create(op.get_bind())


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
