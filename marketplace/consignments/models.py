"""A request to sell somebody's pieces for them, and each piece."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.consignments.states import HERE, OVER, PIECE, Choice, PieceState
from marketplace.custody.models import Arranged, Charged, Described, Examined, Way
from marketplace.database import Model, enum_column
from marketplace.events import Machine
from marketplace.listings.models import Item, Listing
from marketplace.money import Money
from marketplace.people.models import Person


class Consignment(Arranged, Model):
    """Pieces that one person asks us to sell, which come together. ``number`` is what people call it by.

    Until it is sent it is hers alone, and she writes one at a time.
    """

    __tablename__ = "consignments"
    __table_args__ = (
        sa.Index(
            "uq_consignments_draft",
            "owner_id",
            unique=True,
            sqlite_where=sa.text("requested_at IS NULL"),
            postgresql_where=sa.text("requested_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(12), unique=True)
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    policy_version_id: Mapped[int] = mapped_column(sa.ForeignKey("programme_versions.id"))  # the owner's terms
    requested_at: Mapped[datetime | None]  # empty: she still describes its pieces
    way: Mapped[Way] = mapped_column(enum_column(Way))

    owner: Mapped[Person] = relationship()
    pieces: Mapped[list[ConsignedPiece]] = relationship(
        back_populates="consignment", order_by="ConsignedPiece.position"
    )


class ConsignedPiece(Described, Examined, Charged, Model):
    """One piece that we sell for its owner, from the wish to the payout or the way back.

    ``price_minor`` is on the table, or agreed; what its owner receives of it, the bands of the terms say.
    ``due_at``: until when the one who acts next may act.
    """

    __tablename__ = "consigned_pieces"
    machine: ClassVar[Machine] = PIECE
    __table_args__ = (
        sa.UniqueConstraint("consignment_id", "position"),
        sa.Index(
            "uq_consigned_pieces_item",
            "item_id",
            unique=True,
            sqlite_where=sa.text("item_id IS NOT NULL"),
            postgresql_where=sa.text("item_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    consignment_id: Mapped[int] = mapped_column(sa.ForeignKey("consignments.id"), index=True)
    position: Mapped[int]
    state: Mapped[PieceState] = mapped_column(enum_column(PieceState), default=PieceState.DRAFT, index=True)
    due_at: Mapped[datetime | None]

    # What we say of it.
    price_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    countered_minor: Mapped[int | None] = mapped_column(sa.BigInteger)  # the price its owner named, once

    # What becomes of it.
    choice: Mapped[Choice | None] = mapped_column(enum_column(Choice))
    charity: Mapped[str | None] = mapped_column(sa.String(40))
    live_at: Mapped[datetime | None]
    order_id: Mapped[int | None] = mapped_column(sa.ForeignKey("orders.id"), index=True)  # the sale, or the last one
    channel_sale_id: Mapped[int | None] = mapped_column(sa.ForeignKey("channel_sales.id"), index=True)  # or elsewhere
    owed_minor: Mapped[int | None] = mapped_column(sa.BigInteger)

    # Smart Pricing: the price it began at (empty: not chosen), the steps made, and when the next one is.
    smart_from_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    price_cuts: Mapped[int] = mapped_column(default=0)
    next_cut_at: Mapped[datetime | None]

    consignment: Mapped[Consignment] = relationship(back_populates="pieces")
    item: Mapped[Item | None] = relationship()
    listing: Mapped[Listing | None] = relationship()

    @classmethod
    def is_of(cls, owner_id: int) -> sa.ColumnElement[bool]:
        return cls.consignment.has(owner_id=owner_id)

    @property
    def number(self) -> str:
        """What the tag on the piece says: its consignment's number and its place in it."""
        return f"{self.consignment.number}-{self.position}"

    @property
    def tag(self) -> str:
        return self.number

    @property
    def custody_is_ours(self) -> bool:
        """Whether it lies with us."""
        return self.state in HERE

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @property
    def price(self) -> Money | None:
        return None if self.price_minor is None else Money(self.price_minor, self.currency)

    @property
    def countered(self) -> Money | None:
        return None if self.countered_minor is None else Money(self.countered_minor, self.currency)

    @property
    def owed(self) -> Money | None:
        return None if self.owed_minor is None else Money(self.owed_minor, self.currency)
