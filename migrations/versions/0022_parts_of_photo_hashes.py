"""Photos are found by parts of their fingerprints; the whole is never looked up."""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

BANDS = ((42, 4_194_303), (21, 2_097_151), (0, 2_097_151))


def upgrade() -> None:
    op.drop_index("ix_listing_photos_perceptual_hash", "listing_photos")
    for low, mask in BANDS:
        op.execute(
            f"CREATE INDEX ix_listing_photos_hash_{low} ON listing_photos (((perceptual_hash >> {low}) & {mask}))"
        )


def downgrade() -> None:
    for low, _mask in BANDS:
        op.drop_index(f"ix_listing_photos_hash_{low}", "listing_photos")
    op.create_index("ix_listing_photos_perceptual_hash", "listing_photos", ["perceptual_hash"])
