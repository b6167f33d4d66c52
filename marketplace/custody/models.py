"""What is known of a piece that comes to us, what its way back costs, and where it has been."""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.database import Model
from marketplace.money import Money
from marketplace.people.models import Person


class Way(enum.StrEnum):
    """How pieces come to us."""

    DROP_OFF = "drop_off"  # handed in at one of the carrier's points
    COLLECTION = "collection"  # collected at their owner's door, on a day (NAP-25)


class Described:
    """What the owner of a piece says of it."""

    house: Mapped[str] = mapped_column(sa.String(60))
    category: Mapped[str] = mapped_column(sa.String(40))
    title: Mapped[str] = mapped_column(sa.String(120))
    colour: Mapped[str] = mapped_column(sa.String(40))
    grade: Mapped[str] = mapped_column(sa.String(40))
    words: Mapped[str] = mapped_column(sa.String(500), default="")
    currency: Mapped[str] = mapped_column(sa.String(3))
    retail_minor: Mapped[int] = mapped_column(sa.BigInteger)  # what it cost new
    hoped_minor: Mapped[int | None] = mapped_column(sa.BigInteger)  # to receive

    @property
    def retail(self) -> Money:
        return Money(self.retail_minor, self.currency)

    @property
    def hoped(self) -> Money | None:
        return None if self.hoped_minor is None else Money(self.hoped_minor, self.currency)


class Examined:
    """What we made of a piece: the thing itself, the brand's listing of it, and who looked at it.

    Each kind of piece declares the relationships ``item`` and ``listing`` itself.
    """

    item_id: Mapped[int | None] = mapped_column(sa.ForeignKey("items.id"))
    listing_id: Mapped[int | None] = mapped_column(sa.ForeignKey("listings.id"), index=True)
    examined_by: Mapped[int | None] = mapped_column(sa.ForeignKey("people.id"))
    found_genuine_by: Mapped[int | None] = mapped_column(sa.ForeignKey("people.id"))
    decline_reason: Mapped[str | None] = mapped_column(sa.String(40))  # a key of the policy's review


class Charged:
    """What the owner of a piece owes us for it, until it is taken from a payout or waived (GAP-19)."""

    fee_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    fee_settled_at: Mapped[datetime | None]

    currency: Mapped[str]

    @classmethod
    def is_of(cls, owner_id: int) -> sa.ColumnElement[bool]:
        """The condition under which such a piece is this person's."""
        raise NotImplementedError

    @property
    def fee(self) -> Money:
        return Money(self.fee_minor, self.currency)

    @property
    def fee_open(self) -> Money:
        """What of the fee is still to be settled."""
        return Money.zero(self.currency) if self.fee_settled_at else self.fee


class CustodyEntry(Model):
    """One move of a piece in our care: who had it, where it went. Nobody changes or removes one.

    ``tag`` is what the tag on the piece says: the number that people call it by.
    """

    __tablename__ = "custody_entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    tag: Mapped[str] = mapped_column(sa.String(20), index=True)
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("people.id"))  # empty: the carrier
    place: Mapped[str] = mapped_column(sa.String(60))

    by: Mapped[Person | None] = relationship()
