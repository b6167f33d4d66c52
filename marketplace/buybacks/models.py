"""A piece that its owner offers to us to buy, from the request for a quote to the payout or the way back."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.buybacks.states import BUYBACK, HERE, OPEN, OVER, BuybackState, WayBack
from marketplace.consignments.models import ConsignedPiece
from marketplace.custody.models import Arranged, Charged, Described, Examined
from marketplace.database import JSONDocument, Model, enum_column
from marketplace.events import Machine
from marketplace.listings.models import Item, Listing
from marketplace.money import Money
from marketplace.payouts.models import PayoutForm
from marketplace.people.models import Person

_OPEN = "item_id IS NOT NULL AND state IN ({})".format(", ".join(f"'{state.value}'" for state in OPEN))


class Buyback(Described, Examined, Charged, Arranged, Model):
    """One piece and our quote for it. ``number`` is what people call it by, and what the tag on the piece says.

    ``quoted_minor`` is what we pay, whatever the form's bonus adds; ``revised_minor`` takes its place after the
    inspection. ``factors`` are what the price model said, as ``pricing.Factor`` keeps them.
    ``due_at``: until when the one who acts next may act.
    """

    __tablename__ = "buybacks"
    machine: ClassVar[Machine] = BUYBACK
    __table_args__ = (
        sa.Index(
            "uq_buybacks_open_item",
            "item_id",
            unique=True,
            sqlite_where=sa.text(_OPEN),
            postgresql_where=sa.text(_OPEN),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(12), unique=True)
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    policy_version_id: Mapped[int] = mapped_column(sa.ForeignKey("programme_versions.id"))  # the owner's terms
    state: Mapped[BuybackState] = mapped_column(enum_column(BuybackState), default=BuybackState.SUBMITTED, index=True)
    submitted_at: Mapped[datetime]
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    includes: Mapped[list[Any]] = mapped_column(JSONDocument, default=list)  # keys: what comes with it
    order_id: Mapped[int | None] = mapped_column(sa.ForeignKey("orders.id"))  # bought here before (LUX-77)
    consigned_piece_id: Mapped[int | None] = mapped_column(sa.ForeignKey("consigned_pieces.id"), index=True)  # LUX-74

    # The quote.
    model_minor: Mapped[int | None] = mapped_column(sa.BigInteger)  # what the price model said when it was made
    factors: Mapped[list[Any]] = mapped_column(JSONDocument, default=list)
    quoted_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    quote_reason: Mapped[str] = mapped_column(sa.String(300), default="")  # why it is not what the model said
    wished_minor: Mapped[int | None] = mapped_column(sa.BigInteger)  # what its owner named in answer, once

    form: Mapped[PayoutForm | None] = mapped_column(enum_column(PayoutForm))

    # What became of it.
    revised_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    revision_reason: Mapped[str] = mapped_column(sa.String(300), default="")
    way_back: Mapped[WayBack | None] = mapped_column(enum_column(WayBack))
    bought_at: Mapped[datetime | None]  # when title passed
    owed_minor: Mapped[int | None] = mapped_column(sa.BigInteger)  # the price, or what a lost piece was worth

    owner: Mapped[Person] = relationship(foreign_keys=[owner_id])
    item: Mapped[Item | None] = relationship()
    listing: Mapped[Listing | None] = relationship()
    consigned: Mapped[ConsignedPiece | None] = relationship()

    @classmethod
    def is_of(cls, owner_id: int) -> sa.ColumnElement[bool]:
        return cls.owner_id == owner_id

    @property
    def tag(self) -> str:
        """What the tag on the piece says: our number, or that of the consigned piece it was before."""
        return self.consigned.number if self.consigned is not None else self.number

    @property
    def custody_is_ours(self) -> bool:
        """Whether it lies with us and is still its owner's."""
        return self.state in HERE

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @property
    def model_price(self) -> Money | None:
        return None if self.model_minor is None else Money(self.model_minor, self.currency)

    @property
    def quoted(self) -> Money | None:
        return None if self.quoted_minor is None else Money(self.quoted_minor, self.currency)

    @property
    def wished(self) -> Money | None:
        return None if self.wished_minor is None else Money(self.wished_minor, self.currency)

    @property
    def revised(self) -> Money | None:
        return None if self.revised_minor is None else Money(self.revised_minor, self.currency)

    @property
    def price(self) -> Money | None:
        """What is on the table, or agreed: the revised quote, else the first."""
        return self.revised or self.quoted

    @property
    def owed(self) -> Money | None:
        return None if self.owed_minor is None else Money(self.owed_minor, self.currency)
