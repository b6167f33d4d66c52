"""An offer of a buyer for one listing."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.database import Model, enum_column
from marketplace.events import Machine
from marketplace.listings.models import Listing
from marketplace.money import Money
from marketplace.offers.states import OFFER, RUNNING, OfferState
from marketplace.people.models import Person

_RUNNING = "state IN ({})".format(", ".join(f"'{state.value}'" for state in RUNNING))


class Offer(Model):
    """What a buyer would pay for a piece, without shipping; ``price_minor`` is on the table, whoever named it.

    ``due_at``: until when the one who acts next may, or, once agreed, until when the price holds.
    """

    __tablename__ = "offers"
    machine: ClassVar[Machine] = OFFER
    __table_args__ = (
        sa.Index(
            "uq_offers_running",
            "listing_id",
            "buyer_id",
            unique=True,
            sqlite_where=sa.text(_RUNNING),
            postgresql_where=sa.text(_RUNNING),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(sa.ForeignKey("listings.id"), index=True)
    buyer_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    state: Mapped[OfferState] = mapped_column(enum_column(OfferState), default=OfferState.OPEN)
    proposed_minor: Mapped[int] = mapped_column(sa.BigInteger)  # by the buyer
    price_minor: Mapped[int] = mapped_column(sa.BigInteger)
    made_at: Mapped[datetime]
    due_at: Mapped[datetime]

    listing: Mapped[Listing] = relationship()
    buyer: Mapped[Person] = relationship()

    @property
    def price(self) -> Money:
        return Money(self.price_minor, self.listing.currency)

    @property
    def proposed(self) -> Money:
        return Money(self.proposed_minor, self.listing.currency)
