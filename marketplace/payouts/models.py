"""Payouts: what a seller receives, once, and in which form; what holds one; what a seller owes; goodwill, on top."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import Model, enum_column
from marketplace.errors import Refusal
from marketplace.events import Machine
from marketplace.money import Money


class PayoutForm(enum.StrEnum):
    """How a seller is paid. The policy says which of these are open, and what each is worth."""

    GIFT_CARD = "gift_card"  # a bearer code
    STORE_CREDIT = "store_credit"  # bound to the person, until it expires
    CASH = "cash"  # by bank transfer, in the next payout run


class PayoutReason(enum.StrEnum):
    """What the money is owed for."""

    SALE = "sale"
    CONSIGNMENT = "consignment"
    BUYBACK = "buyback"


class PayoutState(enum.StrEnum):
    HELD = "held"  # the desk looks into the sale first (``PayoutHold``)
    DUE = "due"
    SENT = "sent"  # cash on its way to a bank: nothing about it can be changed any more
    ISSUED = "issued"
    COVERED = "covered"  # all of it paid what the seller owed us
    STOPPED = "stopped"  # a bank has the buyer's payment in its hands (fault B18)
    FORGONE = "forgone"  # never paid: the buyer has the money back, by a bank or after the sale
    REFUSED = "refused"  # the issuer said no, or answered something else than was asked: the desk looks


class CannotPayOut(Refusal):
    message = _l("This payout has been made already.")


class CannotStop(Refusal):
    message = _l("This payout cannot be stopped any more.")


class FormNotOpen(Refusal):
    message = _l("This programme does not pay in this way.")
    status = 422


class TooLateToChoose(Refusal):
    message = _l("This payout is on its way already, so its form cannot be changed any more.")


class NotStopped(Refusal):
    message = _l("This payout has not been stopped.")


class CannotForgo(Refusal):
    message = _l("This payout has been made, or never will be.")


class CannotHold(Refusal):
    message = _l("This payout is on its way already, or is held.")


class NotHeld(Refusal):
    message = _l("This payout is not held.")


_P = PayoutState
PAYOUT = Machine(
    states=PayoutState,
    table={
        (_P.DUE, "issue"): _P.ISSUED,
        (_P.REFUSED, "issue"): _P.ISSUED,
        (_P.DUE, "refuse"): _P.REFUSED,
        (_P.REFUSED, "refuse"): _P.REFUSED,  # asked again, and again not what was asked for
        (_P.DUE, "send"): _P.SENT,
        (_P.REFUSED, "send"): _P.SENT,
        (_P.SENT, "pay"): _P.ISSUED,
        (_P.SENT, "refuse"): _P.REFUSED,
        (_P.ISSUED, "come_back"): _P.REFUSED,  # a bank sent it back (LUX-76)
        (_P.DUE, "cover"): _P.COVERED,
        (_P.REFUSED, "cover"): _P.COVERED,
        (_P.DUE, "stop"): _P.STOPPED,
        (_P.REFUSED, "stop"): _P.STOPPED,
        (_P.HELD, "stop"): _P.STOPPED,
        (_P.STOPPED, "go_on"): _P.DUE,
        (_P.STOPPED, "keep"): _P.HELD,  # the bank lets go of what the desk still holds
        (_P.STOPPED, "forgo"): _P.FORGONE,
        (_P.DUE, "hold"): _P.HELD,
        (_P.HELD, "forgo"): _P.FORGONE,  # refunded after the sale, before the card was handed out
        (_P.DUE, "forgo"): _P.FORGONE,
        (_P.REFUSED, "forgo"): _P.FORGONE,
        (_P.REFUSED, "hold"): _P.HELD,
        (_P.HELD, "release"): _P.DUE,
    },
    refusals={
        "issue": CannotPayOut,
        "refuse": CannotPayOut,
        "send": CannotPayOut,
        "pay": CannotPayOut,
        "come_back": CannotPayOut,
        "cover": CannotPayOut,
        "stop": CannotStop,
        "go_on": NotStopped,
        "keep": NotStopped,
        "forgo": CannotForgo,
        "hold": CannotHold,
        "release": NotHeld,
    },
    owes={"issue": "issue", "forgo": "forgone", "cover": "covered"},
)


class Payout(Model):
    """What one person is owed for one thing. One row a reference: the unique key is the promise that it goes once.

    ``amount`` is what is paid; what of it paid a debt of the seller's before it left stands in ``covered``.
    """

    __tablename__ = "payouts"
    __table_args__ = (sa.Index("uq_payouts_gift_card_print", "gift_card_print", unique=True),)
    machine: ClassVar[Machine] = PAYOUT

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int | None] = mapped_column(sa.ForeignKey("orders.id"), unique=True)  # empty: no order here
    reference: Mapped[str] = mapped_column(sa.String(12), unique=True)  # the number people see
    reason: Mapped[PayoutReason] = mapped_column(enum_column(PayoutReason), default=PayoutReason.SALE)
    terms_id: Mapped[int | None] = mapped_column(sa.ForeignKey("programme_versions.id"))  # the seller's own terms
    seller_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    form: Mapped[PayoutForm] = mapped_column(enum_column(PayoutForm), default=PayoutForm.GIFT_CARD)
    state: Mapped[PayoutState] = mapped_column(enum_column(PayoutState), default=PayoutState.DUE)
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    covered_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    currency: Mapped[str] = mapped_column(sa.String(3))
    due_at: Mapped[datetime]
    promised_by: Mapped[datetime | None]  # what the policy promised for its form; empty for those before there was one
    issued_at: Mapped[datetime | None]
    gift_card_number: Mapped[str | None] = mapped_column(sa.String(40), unique=True)  # the issuer's number of the card
    gift_card_last_four: Mapped[str | None] = mapped_column(sa.String(4))
    gift_card_print: Mapped[str | None] = mapped_column(sa.String(64))  # tells its code from others' (fault G02)
    store_credit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("store_credits.id"), unique=True)

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def covered(self) -> Money:
        return Money(self.covered_minor, self.currency)

    @property
    def receiver_id(self) -> int:
        """Whose card it becomes."""
        return self.seller_id


class Debt(Model):
    """What a seller owes since one of their sales was found to be fraud, and what of it is still open (GAP-21)."""

    __tablename__ = "debts"
    __table_args__ = (
        sa.Index(
            "ix_debts_open",
            "seller_id",
            sqlite_where=sa.text("open_minor > 0"),
            postgresql_where=sa.text("open_minor > 0"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    seller_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"))
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id"), index=True)
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    open_minor: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    since: Mapped[datetime]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def open(self) -> Money:
        return Money(self.open_minor, self.currency)


class PayoutPreference(Model):
    """How a person wants to be paid from now on, unless they choose otherwise for one payout."""

    __tablename__ = "payout_preferences"

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    form: Mapped[PayoutForm] = mapped_column(enum_column(PayoutForm))
    chosen_at: Mapped[datetime]


class PayoutHold(Model):
    """The desk keeps an order's payout back for a reason of the policy, until it is cleared or its days are over."""

    __tablename__ = "payout_holds"
    __table_args__ = (
        sa.Index(
            "uq_payout_holds_standing",
            "order_id",
            unique=True,
            sqlite_where=sa.text("released_at IS NULL"),
            postgresql_where=sa.text("released_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id"))
    reason: Mapped[str] = mapped_column(sa.String(40))  # a key of the policy's ``desk.hold_reasons``
    label: Mapped[str] = mapped_column(sa.String(80))  # its words on the day it was placed, and what clears it
    clears: Mapped[str] = mapped_column(sa.String(2000))
    placed_by_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"))
    placed_at: Mapped[datetime]
    until: Mapped[datetime]
    released_at: Mapped[datetime | None]


class Goodwill(Model):
    """What the programme gives a buyer or a seller out of its own pocket, as a gift card (fault P06)."""

    __tablename__ = "goodwill"
    __table_args__ = (sa.Index("uq_goodwill_gift_card_print", "gift_card_print", unique=True),)
    machine: ClassVar[Machine] = PAYOUT

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(12), unique=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id"), index=True)
    receiver_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    state: Mapped[PayoutState] = mapped_column(enum_column(PayoutState), default=PayoutState.DUE)
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    given_by_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"))
    given_at: Mapped[datetime]
    issued_at: Mapped[datetime | None]
    gift_card_number: Mapped[str | None] = mapped_column(sa.String(40), unique=True)
    gift_card_last_four: Mapped[str | None] = mapped_column(sa.String(4))
    gift_card_print: Mapped[str | None] = mapped_column(sa.String(64))

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def reference(self) -> str:
        """What the card is asked for under; the number people see."""
        return self.number
