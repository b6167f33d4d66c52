"""Holds, checkouts, orders, the buyer's confirmation, and the links that let a guest back in."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.database import JSONDocument, Model, enum_column
from marketplace.events import Machine
from marketplace.listings.models import Item, Listing
from marketplace.money import Money
from marketplace.orders.states import CHECKOUT, ORDER, CheckoutState, OrderState
from marketplace.people.models import Person


class Checkout(Model):
    """One buyer, one address, one tax quote, one payment; an order for each piece."""

    __tablename__ = "checkouts"
    machine: ClassVar[Machine] = CHECKOUT

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(12), unique=True)
    buyer_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    policy_version_id: Mapped[int] = mapped_column(sa.ForeignKey("programme_versions.id"))
    state: Mapped[CheckoutState] = mapped_column(enum_column(CheckoutState), default=CheckoutState.OPEN)
    started_at: Mapped[datetime]
    email: Mapped[str] = mapped_column(sa.String(254))
    ship_to: Mapped[dict[str, Any]] = mapped_column(JSONDocument)  # name, line1, line2, city, region, postcode, …
    currency: Mapped[str] = mapped_column(sa.String(3))
    total_minor: Mapped[int] = mapped_column(sa.BigInteger)  # what was shown, what is charged
    tax_quote: Mapped[dict[str, Any]] = mapped_column(JSONDocument)  # as the tax port answered
    form_token: Mapped[str] = mapped_column(sa.String(64), unique=True)  # one form, one checkout (double click)

    buyer: Mapped[Person] = relationship()
    orders: Mapped[list[Order]] = relationship(back_populates="checkout", order_by="Order.id")

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.currency)

    @property
    def credit(self) -> Money:
        """What the buyer's store credit pays of the total."""
        return Money(sum(order.credit_minor for order in self.orders), self.currency)

    @property
    def by_card(self) -> Money:
        """What is left to pay by card."""
        return self.total - self.credit


class Hold(Model):
    """The claim of one checkout on one piece, from the first attempt to pay until the order is over; or that of a sale
    on an outside marketplace, until that is.

    The partial unique index is the promise that one piece has one owner: the database refuses a second.
    """

    __tablename__ = "holds"
    __table_args__ = (
        sa.Index(
            "uq_holds_live_item",
            "item_id",
            unique=True,
            sqlite_where=sa.text("released_at IS NULL"),
            postgresql_where=sa.text("released_at IS NULL"),
        ),
        sa.CheckConstraint("checkout_id IS NULL OR channel_sale_id IS NULL", name="one_holder"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("items.id"))
    checkout_id: Mapped[int | None] = mapped_column(sa.ForeignKey("checkouts.id"), index=True)
    channel_sale_id: Mapped[int | None] = mapped_column(sa.ForeignKey("channel_sales.id"), index=True)
    taken_at: Mapped[datetime]
    released_at: Mapped[datetime | None]


class Order(Model):
    """One piece sold: its own seller, parcel, window and escrow; a share of the checkout's payment."""

    __tablename__ = "orders"
    machine: ClassVar[Machine] = ORDER
    __table_args__ = (
        sa.CheckConstraint(
            "refunded_price_minor <= price_minor AND refunded_shipping_minor <= shipping_minor"
            " AND refunded_tax_minor <= tax_minor",
            name="refund_within_capture",
        ),
        sa.CheckConstraint(
            "credit_minor >= 0 AND credit_minor <= price_minor + shipping_minor + tax_minor", name="credit_within_total"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(12), unique=True)
    checkout_id: Mapped[int] = mapped_column(sa.ForeignKey("checkouts.id"), index=True)
    listing_id: Mapped[int] = mapped_column(sa.ForeignKey("listings.id"), index=True)
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("items.id"), index=True)
    buyer_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    seller_id: Mapped[int | None] = mapped_column(sa.ForeignKey("people.id"), index=True)  # empty: the brand's own
    policy_version_id: Mapped[int] = mapped_column(sa.ForeignKey("programme_versions.id"))  # the buyer's terms
    seller_policy_version_id: Mapped[int] = mapped_column(sa.ForeignKey("programme_versions.id"))
    state: Mapped[OrderState] = mapped_column(enum_column(OrderState), default=OrderState.AWAITING_PAYMENT)
    placed_at: Mapped[datetime]

    currency: Mapped[str] = mapped_column(sa.String(3))
    price_minor: Mapped[int] = mapped_column(sa.BigInteger)
    shipping_minor: Mapped[int] = mapped_column(sa.BigInteger)
    tax_minor: Mapped[int] = mapped_column(sa.BigInteger)
    credit_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)  # of the total, what store credit pays
    refunded_price_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    refunded_shipping_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    refunded_tax_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    as_sold: Mapped[dict[str, Any]] = mapped_column(JSONDocument)  # title, grade, words, flaws, photos at the sale

    paid_at: Mapped[datetime | None]
    label_issued_at: Mapped[datetime | None]
    ship_by_at: Mapped[datetime | None]  # shown to buyer and seller alike (GAP-01)
    shipped_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]  # when the delivery was recorded here (GAP-04)
    delivery_mail_at: Mapped[datetime | None]  # when the mail that asks to confirm was handed over (GAP-03)
    window_closes_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(sa.String(40))  # why it was cancelled or refunded

    checkout: Mapped[Checkout] = relationship(back_populates="orders")
    listing: Mapped[Listing] = relationship()
    item: Mapped[Item] = relationship()
    buyer: Mapped[Person] = relationship(foreign_keys=[buyer_id])
    seller: Mapped[Person | None] = relationship(foreign_keys=[seller_id])
    confirmation: Mapped[Confirmation | None] = relationship(back_populates="order")

    @property
    def is_supply(self) -> bool:
        return self.seller_id is None

    @property
    def price(self) -> Money:
        return Money(self.price_minor, self.currency)

    @property
    def shipping(self) -> Money:
        return Money(self.shipping_minor, self.currency)

    @property
    def tax(self) -> Money:
        return Money(self.tax_minor, self.currency)

    @property
    def total(self) -> Money:
        return self.price + self.shipping + self.tax

    @property
    def refunded(self) -> Money:
        minor = self.refunded_price_minor + self.refunded_shipping_minor + self.refunded_tax_minor
        return Money(minor, self.currency)

    @property
    def credit(self) -> Money:
        """What the buyer's store credit paid, or is to pay, of the total."""
        return Money(self.credit_minor, self.currency)

    @property
    def by_card(self) -> Money:
        return self.total - self.credit

    def credit_within(self, part: Money) -> Money:
        """How much of a part of the total is the store credit's, rounded down."""
        if not self.credit_minor:
            return Money.zero(self.currency)
        return Money(self.credit_minor * part.minor // self.total.minor, self.currency)

    @property
    def refunded_credit(self) -> Money:
        """What has gone back to store credit; the rest of what has gone back went to the card."""
        return self.credit_within(self.refunded)

    @property
    def refunded_to_card(self) -> Money:
        return self.refunded - self.refunded_credit


class Confirmation(Model):
    """The buyer's word that the piece is as described, with stars (1 to 5) and words about the seller (MK-58)."""

    __tablename__ = "confirmations"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id"), unique=True)
    stars: Mapped[int]
    words: Mapped[str] = mapped_column(sa.String(500), default="")
    written_at: Mapped[datetime]

    order: Mapped[Order] = relationship(back_populates="confirmation")


class OrderLink(Model):
    """A link in a mail that lets its reader see one order: a 128-bit token, kept as its hash."""

    __tablename__ = "order_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id"), index=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    made_at: Mapped[datetime]
