"""A sale on an outside marketplace: no buyer, no address, no payment of ours."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.channels.states import SALE, SaleState
from marketplace.database import Model, enum_column
from marketplace.events import Machine
from marketplace.listings.models import Listing
from marketplace.money import Money


class ChannelSale(Model):
    """One piece sold on one marketplace. ``outlet`` and ``ref`` are its name there, ``number`` its name here.

    Who bought it the marketplace knows, and we do not. ``due_minor`` is what it owes us for it at this moment; below
    zero we owe it, once it has taken back a sale that it had paid for.
    """

    __tablename__ = "channel_sales"
    machine: ClassVar[Machine] = SALE
    __table_args__ = (
        sa.UniqueConstraint("outlet", "ref"),
        sa.CheckConstraint("commission_minor >= 0 AND commission_minor <= price_minor", name="commission_within_price"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(12), unique=True)
    outlet: Mapped[str] = mapped_column(sa.String(40))
    ref: Mapped[str] = mapped_column(sa.String(60))
    state: Mapped[SaleState] = mapped_column(enum_column(SaleState), default=SaleState.NOTICED, index=True)
    listing_number: Mapped[str] = mapped_column(sa.String(20))  # as the marketplace named the piece
    listing_id: Mapped[int | None] = mapped_column(sa.ForeignKey("listings.id"), index=True)  # empty: we know none such
    currency: Mapped[str] = mapped_column(sa.String(3))
    price_minor: Mapped[int] = mapped_column(sa.BigInteger)  # for the piece alone; tax and shipping are the channel's
    commission_minor: Mapped[int] = mapped_column(sa.BigInteger)  # what the marketplace keeps of it
    due_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    sold_at: Mapped[datetime]
    noticed_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    refusal: Mapped[str | None] = mapped_column(sa.String(40))  # a ``WhyRefused``
    end_reason: Mapped[str | None] = mapped_column(sa.String(40))  # the channel's word for why it was cancelled

    listing: Mapped[Listing | None] = relationship()

    @property
    def price(self) -> Money:
        return Money(self.price_minor, self.currency)

    @property
    def commission(self) -> Money:
        return Money(self.commission_minor, self.currency)

    @property
    def net(self) -> Money:
        """What the marketplace hands on."""
        return self.price - self.commission

    @property
    def due(self) -> Money:
        return Money(self.due_minor, self.currency)
