"""Bank transfers: whose account, what has to be known first, runs and what came of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.database import UTCDateTime
from marketplace.ledger import triggers

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TABLES = ("sandbox_transfers", "payout_transfers", "payout_runs", "payout_papers", "bank_codes", "bank_accounts")


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=40)


def _person(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["people.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    op.create_table(
        "bank_accounts",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("last_four", sa.String(length=4), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.Column("usable_from", UTCDateTime(), nullable=False),
        _person("bank_accounts", "person_id"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_bank_accounts")),
    )
    op.create_table(
        "bank_codes",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        _person("bank_codes", "person_id"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_bank_codes")),
    )
    op.create_table(
        "payout_papers",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("tax_status", _choice("taxstatus", "private", "registered"), nullable=True),
        sa.Column("tax_number_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("tax_form_at", UTCDateTime(), nullable=True),
        sa.Column("identity_checked_at", UTCDateTime(), nullable=True),
        sa.Column("identity_checked_by_id", sa.Integer(), nullable=True),
        _person("payout_papers", "person_id"),
        _person("payout_papers", "identity_checked_by_id"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_payout_papers")),
    )
    op.create_table(
        "payout_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("state", _choice("runstate", "prepared", "started", "cancelled"), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("prepared_by_id", sa.Integer(), nullable=False),
        sa.Column("prepared_at", UTCDateTime(), nullable=False),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.Column("approved_at", UTCDateTime(), nullable=True),
        sa.Column("started_at", UTCDateTime(), nullable=True),
        _person("payout_runs", "prepared_by_id"),
        _person("payout_runs", "approved_by_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_runs")),
        sa.UniqueConstraint("number", name=op.f("uq_payout_runs_number")),
    )
    states = ("planned", "sent", "paid", "failed", "returned", "dropped")
    op.create_table(
        "payout_transfers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("payout_id", sa.Integer(), nullable=False),
        sa.Column("state", _choice("transferstate", *states), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("bonus_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("last_four", sa.String(length=4), nullable=False),
        sa.Column("provider_ref", sa.String(length=120), nullable=True),
        sa.Column("sent_at", UTCDateTime(), nullable=True),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("trouble", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["payout_runs.id"], name=op.f("fk_payout_transfers_run_id")),
        sa.ForeignKeyConstraint(["payout_id"], ["payouts.id"], name=op.f("fk_payout_transfers_payout_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_transfers")),
        sa.UniqueConstraint("number", name=op.f("uq_payout_transfers_number")),
        sa.UniqueConstraint("provider_ref", name=op.f("uq_payout_transfers_provider_ref")),
    )
    op.create_index(op.f("ix_payout_transfers_run_id"), "payout_transfers", ["run_id"], unique=False)
    op.create_index(op.f("ix_payout_transfers_payout_id"), "payout_transfers", ["payout_id"], unique=False)
    is_open = sa.text("state IN ('planned', 'sent')")
    op.create_index(
        "uq_payout_transfers_open",
        "payout_transfers",
        ["payout_id"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_table(
        "sandbox_transfers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("last_four", sa.String(length=4), nullable=False),
        sa.Column("is_paid", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sandbox_transfers")),
        sa.UniqueConstraint("key", name=op.f("uq_sandbox_transfers_key")),
    )
    triggers.create(op.get_bind())


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
