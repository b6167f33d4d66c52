"""Second opinions; pieces in quarantine."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace.database import UTCDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

UNANSWERED = "answered_at IS NULL AND lapsed_at IS NULL"
REMEDIES = ("dismiss", "refund_with_return", "refund_without_return", "partial_refund", "pay_seller", "leave")


def upgrade() -> None:
    op.add_column("items", sa.Column("quarantined_at", UTCDateTime(), nullable=True))
    for table in ("disputes", "dispute_decisions"):
        column = sa.Column("is_counterfeit", sa.Boolean(), nullable=False, server_default=sa.false())
        op.add_column(table, column)
    op.create_table(
        "dispute_opinions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dispute_id", sa.Integer(), nullable=False),
        sa.Column("asker_id", sa.Integer(), nullable=False),
        sa.Column("asked_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("answered_at", UTCDateTime(), nullable=True),
        sa.Column("lapsed_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["dispute_id"], ["disputes.id"], name=op.f("fk_dispute_opinions_dispute_id")),
        sa.ForeignKeyConstraint(["asker_id"], ["people.id"], name=op.f("fk_dispute_opinions_asker_id")),
        sa.ForeignKeyConstraint(["asked_id"], ["people.id"], name=op.f("fk_dispute_opinions_asked_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_opinions")),
    )
    for column in ("dispute_id", "asked_id"):
        op.create_index(op.f(f"ix_dispute_opinions_{column}"), "dispute_opinions", [column])
    op.create_index(
        "uq_dispute_opinions_open",
        "dispute_opinions",
        ["dispute_id"],
        unique=True,
        sqlite_where=sa.text(UNANSWERED),
        postgresql_where=sa.text(UNANSWERED),
    )
    op.create_table(
        "dispute_views",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("opinion_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("remedy", sa.Enum(*REMEDIES, name="remedy", native_enum=False, length=40), nullable=False),
        sa.Column("of_price_minor", sa.BigInteger(), nullable=True),
        sa.Column("words", sa.String(length=1000), nullable=False),
        sa.Column("given_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["opinion_id"], ["dispute_opinions.id"], name=op.f("fk_dispute_views_opinion_id")),
        sa.ForeignKeyConstraint(["author_id"], ["people.id"], name=op.f("fk_dispute_views_author_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_views")),
        sa.UniqueConstraint("opinion_id", "author_id", name=op.f("uq_dispute_views_opinion_id_author_id")),
    )


def downgrade() -> None:
    op.drop_table("dispute_views")
    op.drop_table("dispute_opinions")
    for table in ("dispute_decisions", "disputes"):
        op.drop_column(table, "is_counterfeit")
    op.drop_column("items", "quarantined_at")
