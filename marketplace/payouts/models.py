"""Payouts: what a seller receives for an order, in whatever form, once."""

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
    GIFT_CARD = "gift_card"


class PayoutState(enum.StrEnum):
    DUE = "due"
    ISSUED = "issued"
    STOPPED = "stopped"  # a bank has the buyer's payment in its hands (fault B18)
    FORGONE = "forgone"  # never paid: the bank took the money back, and the seller was at fault
    REFUSED = "refused"  # the issuer said no, or answered something else than was asked: the desk looks


class CannotPayOut(Refusal):
    message = _l("This payout has been made already.")


class CannotStop(Refusal):
    message = _l("This payout cannot be stopped any more.")


class NotStopped(Refusal):
    message = _l("This payout has not been stopped.")


_P = PayoutState
PAYOUT = Machine(
    states=PayoutState,
    table={
        (_P.DUE, "issue"): _P.ISSUED,
        (_P.REFUSED, "issue"): _P.ISSUED,
        (_P.DUE, "refuse"): _P.REFUSED,
        (_P.REFUSED, "refuse"): _P.REFUSED,  # asked again, and again not what was asked for
        (_P.DUE, "stop"): _P.STOPPED,
        (_P.REFUSED, "stop"): _P.STOPPED,
        (_P.STOPPED, "go_on"): _P.DUE,
        (_P.STOPPED, "forgo"): _P.FORGONE,
    },
    refusals={
        "issue": CannotPayOut,
        "refuse": CannotPayOut,
        "stop": CannotStop,
        "go_on": NotStopped,
        "forgo": NotStopped,
    },
    owes={"issue": "issue", "forgo": "forgone"},
)


class Payout(Model):
    """The seller's share of one order. One row an order: the unique key is the promise that it goes once."""

    __tablename__ = "payouts"
    __table_args__ = (sa.Index("uq_payouts_gift_card_print", "gift_card_print", unique=True),)
    machine: ClassVar[Machine] = PAYOUT

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id"), unique=True)
    order_number: Mapped[str] = mapped_column(sa.String(12))
    seller_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    form: Mapped[PayoutForm] = mapped_column(enum_column(PayoutForm), default=PayoutForm.GIFT_CARD)
    state: Mapped[PayoutState] = mapped_column(enum_column(PayoutState), default=PayoutState.DUE)
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    due_at: Mapped[datetime]
    issued_at: Mapped[datetime | None]
    gift_card_number: Mapped[str | None] = mapped_column(sa.String(40), unique=True)  # the issuer's number of the card
    gift_card_last_four: Mapped[str | None] = mapped_column(sa.String(4))
    gift_card_print: Mapped[str | None] = mapped_column(sa.String(64))  # tells its code from others' (fault G02)

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)
