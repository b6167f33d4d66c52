"""A request to sell somebody's pieces for them, each piece, and where each piece has been."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.consignments.states import OVER, PIECE, Choice, PieceState
from marketplace.database import JSONDocument, Model, enum_column
from marketplace.events import Machine
from marketplace.listings.models import Item, Listing
from marketplace.money import Money
from marketplace.people.models import Person


class Way(enum.StrEnum):
    """How the pieces come to us."""

    DROP_OFF = "drop_off"  # handed in at one of the carrier's points
    COLLECTION = "collection"  # collected at their owner's door, on a day (NAP-25)


class Consignment(Model):
    """Pieces that one person asks us to sell, sent in one parcel. ``number`` is what people call it by."""

    __tablename__ = "consignments"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(12), unique=True)
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    policy_version_id: Mapped[int] = mapped_column(sa.ForeignKey("programme_versions.id"))  # the owner's terms
    requested_at: Mapped[datetime]
    way: Mapped[Way] = mapped_column(enum_column(Way))
    collect_on: Mapped[date | None]
    ships_from: Mapped[dict[str, Any]] = mapped_column(JSONDocument)

    owner: Mapped[Person] = relationship()
    pieces: Mapped[list[ConsignedPiece]] = relationship(
        back_populates="consignment", order_by="ConsignedPiece.position"
    )


class ConsignedPiece(Model):
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
    state: Mapped[PieceState] = mapped_column(enum_column(PieceState), default=PieceState.REQUESTED, index=True)
    due_at: Mapped[datetime | None]

    # What its owner says of it.
    house: Mapped[str] = mapped_column(sa.String(60))
    category: Mapped[str] = mapped_column(sa.String(40))
    title: Mapped[str] = mapped_column(sa.String(120))
    colour: Mapped[str] = mapped_column(sa.String(40))
    grade: Mapped[str] = mapped_column(sa.String(40))
    words: Mapped[str] = mapped_column(sa.String(500), default="")
    currency: Mapped[str] = mapped_column(sa.String(3))
    retail_minor: Mapped[int] = mapped_column(sa.BigInteger)  # what it cost new
    hoped_minor: Mapped[int | None] = mapped_column(sa.BigInteger)  # to receive

    # What we say of it.
    item_id: Mapped[int | None] = mapped_column(sa.ForeignKey("items.id"))
    listing_id: Mapped[int | None] = mapped_column(sa.ForeignKey("listings.id"), index=True)
    examined_by: Mapped[int | None] = mapped_column(sa.ForeignKey("people.id"))
    found_genuine_by: Mapped[int | None] = mapped_column(sa.ForeignKey("people.id"))
    decline_reason: Mapped[str | None] = mapped_column(sa.String(40))  # a key of the policy's review
    price_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    countered_minor: Mapped[int | None] = mapped_column(sa.BigInteger)  # the price its owner named, once

    # What becomes of it.
    choice: Mapped[Choice | None] = mapped_column(enum_column(Choice))
    charity: Mapped[str | None] = mapped_column(sa.String(40))
    live_at: Mapped[datetime | None]
    order_id: Mapped[int | None] = mapped_column(sa.ForeignKey("orders.id"), index=True)  # the sale, or the last one
    owed_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    fee_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)  # what its owner owes us for it (GAP-19)
    fee_settled_at: Mapped[datetime | None]

    consignment: Mapped[Consignment] = relationship(back_populates="pieces")
    item: Mapped[Item | None] = relationship()
    listing: Mapped[Listing | None] = relationship()
    custody: Mapped[list[CustodyEntry]] = relationship(back_populates="piece", order_by="CustodyEntry.id")

    @property
    def number(self) -> str:
        """What the tag on the piece says: its consignment's number and its place in it."""
        return f"{self.consignment.number}-{self.position}"

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @property
    def retail(self) -> Money:
        return Money(self.retail_minor, self.currency)

    @property
    def hoped(self) -> Money | None:
        return None if self.hoped_minor is None else Money(self.hoped_minor, self.currency)

    @property
    def price(self) -> Money | None:
        return None if self.price_minor is None else Money(self.price_minor, self.currency)

    @property
    def countered(self) -> Money | None:
        return None if self.countered_minor is None else Money(self.countered_minor, self.currency)

    @property
    def owed(self) -> Money | None:
        return None if self.owed_minor is None else Money(self.owed_minor, self.currency)

    @property
    def fee(self) -> Money:
        return Money(self.fee_minor, self.currency)

    @property
    def fee_open(self) -> Money:
        """What of the fee is still to be settled."""
        return Money.zero(self.currency) if self.fee_settled_at else self.fee


class CustodyEntry(Model):
    """One move of a piece in our care: who had it, where it went. Nobody changes or removes one."""

    __tablename__ = "custody_entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    piece_id: Mapped[int] = mapped_column(sa.ForeignKey("consigned_pieces.id"), index=True)
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("people.id"))  # empty: the carrier
    place: Mapped[str] = mapped_column(sa.String(60))

    piece: Mapped[ConsignedPiece] = relationship(back_populates="custody")
    by: Mapped[Person | None] = relationship()
