"""Nobody rewrites history: triggers on what is append-only."""

from __future__ import annotations

from alembic import op

from marketplace.ledger import triggers

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    triggers.create(op.get_bind())


def downgrade() -> None:
    raise NotImplementedError("history stays append-only")
