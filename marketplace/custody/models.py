"""What is known of a piece that comes to us, what its way back costs, and where it has been."""

from __future__ import annotations

import enum
from datetime import date, datetime, time
from typing import Any, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.database import JSONDocument, Model, enum_column
from marketplace.errors import Refusal
from marketplace.events import Machine
from marketplace.money import Money
from marketplace.people.models import Person


class Way(enum.StrEnum):
    """How pieces come to us."""

    DROP_OFF = "drop_off"  # handed in at one of the carrier's points
    COLLECTION = "collection"  # collected at their owner's door, on a day, within hours (NAP-25)
    STORE = "store"  # brought to one of our stores, without a label (BAL-02)


class Arranged:
    """How the pieces of a request come to us, as ``arranging.agreed`` says it; empty until that is agreed."""

    way: Mapped[Way | None] = mapped_column(enum_column(Way))
    collect_on: Mapped[date | None]
    collect_from: Mapped[time | None]
    collect_until: Mapped[time | None]
    place: Mapped[dict[str, Any] | None] = mapped_column(JSONDocument)  # key, name, address
    ships_from: Mapped[dict[str, Any] | None] = mapped_column(JSONDocument)  # of a parcel

    @property
    def store_name(self) -> str | None:
        """The store they are brought to."""
        return self.place["name"] if self.way is Way.STORE and self.place else None


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


class BillState(enum.StrEnum):
    OPEN = "open"
    PAID = "paid"
    OVER = "over"  # taken from a payout, or waived
    RETURNED = "returned"  # paid, and given back: the piece was lost before it was sent


class BillIsOver(Refusal):
    message = _l("Nothing is owed for this any more.")


class BillIsNotPaid(Refusal):
    message = _l("This fee was not paid by its link.")


_B = BillState
BILL = Machine(
    states=BillState,
    table={(_B.OPEN, "pay"): _B.PAID, (_B.OPEN, "close"): _B.OVER, (_B.PAID, "give_back"): _B.RETURNED},
    refusals={"pay": BillIsOver, "close": BillIsOver, "give_back": BillIsNotPaid},
    owes={"pay": "fee_paid", "give_back": "fee_given_back"},
)


class FeeBill(Model):
    """A fee for a piece that its owner is asked to pay by a link; at most one stands open for a piece (GAP-19)."""

    __tablename__ = "fee_bills"
    machine: ClassVar[Machine] = BILL
    __table_args__ = (
        sa.Index(
            "uq_fee_bills_open",
            "subject_type",
            "subject_id",
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(12), unique=True)
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    subject_type: Mapped[str] = mapped_column(sa.String(40))  # the table of the piece, and its id there
    subject_id: Mapped[int]
    title: Mapped[str] = mapped_column(sa.String(120))  # of the piece
    state: Mapped[BillState] = mapped_column(enum_column(BillState), default=BillState.OPEN)
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    asked_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


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
