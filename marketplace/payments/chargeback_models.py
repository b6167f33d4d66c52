"""Chargebacks: what a card's bank says of a payment, and what we answer it."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.database import JSONDocument, Model, enum_column
from marketplace.errors import Refusal
from marketplace.events import Machine
from marketplace.money import Money


class ChargebackState(enum.StrEnum):
    INQUIRY = "inquiry"  # the bank asks; no money has moved
    INQUIRY_ANSWERED = "inquiry_answered"
    INQUIRY_CLOSED = "inquiry_closed"
    NEEDS_ANSWER = "needs_answer"
    ANSWERED = "answered"  # the bank decides
    WON = "won"
    LOST = "lost"  # the buyer has the money back; what becomes of the sale is the desk's to say
    CONCLUDED = "concluded"


class CannotFollowBank(Refusal):
    message = _l("The bank has decided this already.")


class CannotAnswerBank(Refusal):
    message = _l("The bank does not wait for evidence here.")


class CannotConclude(Refusal):
    message = _l("There is nothing to conclude: the bank has not decided for the buyer.")


_S = ChargebackState
ASKED = (_S.INQUIRY, _S.NEEDS_ANSWER)
OPEN = (*ASKED, _S.INQUIRY_ANSWERED, _S.ANSWERED)
ENDED_WELL = (_S.INQUIRY_CLOSED, _S.WON)
# The provider's news may come in any order: from each open state any other may be the next we hear of.
_NEWS = {
    "inquire": _S.INQUIRY,
    "await_inquiry": _S.INQUIRY_ANSWERED,
    "close_inquiry": _S.INQUIRY_CLOSED,
    "charge_back": _S.NEEDS_ANSWER,
    "await_bank": _S.ANSWERED,
    "win": _S.WON,
    "lose": _S.LOST,
}
ACTION_TO = {state: action for action, state in _NEWS.items()}
CHARGEBACK = Machine(
    states=ChargebackState,
    table={
        **{(source, action): target for source in OPEN for action, target in _NEWS.items() if source is not target},
        (_S.INQUIRY_CLOSED, "charge_back"): _S.NEEDS_ANSWER,  # an inquiry that came to a chargeback after all
        (_S.INQUIRY_CLOSED, "await_bank"): _S.ANSWERED,
        (_S.INQUIRY_CLOSED, "win"): _S.WON,
        (_S.INQUIRY_CLOSED, "lose"): _S.LOST,
        (_S.LOST, "win"): _S.WON,  # the bank has changed its mind before we concluded anything
        (_S.LOST, "conclude"): _S.CONCLUDED,
    },
    refusals={**dict.fromkeys(_NEWS, CannotFollowBank), "conclude": CannotConclude},
)


class Chargeback(Model):
    """A card's bank takes a payment back, or asks about it first: one row for each such case of the provider's.

    ``withdrawn_minor`` and ``fee_minor`` are what the books say the provider has taken from us by now. ``due_by`` is
    the provider's own deadline (wall time); ``due_at`` is the one deadline of the row in business time.
    """

    __tablename__ = "chargebacks"
    machine: ClassVar[Machine] = CHARGEBACK

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(12), unique=True)
    ref: Mapped[str] = mapped_column(sa.String(120), unique=True)  # the provider's name of it
    attempt_id: Mapped[int] = mapped_column(sa.ForeignKey("payment_attempts.id"), index=True)
    state: Mapped[ChargebackState] = mapped_column(enum_column(ChargebackState))
    reason: Mapped[str] = mapped_column(sa.String(60))  # the bank's, in the provider's words
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    withdrawn_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    fee_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    opened_at: Mapped[datetime]
    due_by: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    evidence: Mapped[dict[str, Any]] = mapped_column(JSONDocument, default=dict)  # texts, by the provider's field
    sent_at: Mapped[datetime | None]  # when our evidence was queued: it goes once
    ended_at: Mapped[datetime | None]
    seller_is_paid: Mapped[bool | None]  # what the desk concluded once it was lost
    words: Mapped[str] = mapped_column(sa.String(1000), default="")  # and why

    files: Mapped[list[EvidenceFile]] = relationship(back_populates="chargeback", order_by="EvidenceFile.id")

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def withdrawn(self) -> Money:
        return Money(self.withdrawn_minor, self.currency)

    @property
    def fee(self) -> Money:
        return Money(self.fee_minor, self.currency)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_over(self) -> bool:
        return self.state not in (*OPEN, ChargebackState.LOST)


class EvidenceFile(Model):
    """A document or picture for the bank: kept here until it has been sent, the same after a crash."""

    __tablename__ = "chargeback_files"

    id: Mapped[int] = mapped_column(primary_key=True)
    chargeback_id: Mapped[int] = mapped_column(sa.ForeignKey("chargebacks.id"), index=True)
    field: Mapped[str] = mapped_column(sa.String(60))  # what it proves, by the provider's field
    name: Mapped[str] = mapped_column(sa.String(120))
    media_type: Mapped[str] = mapped_column(sa.String(60))
    content: Mapped[bytes]
    added_by_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"))
    added_at: Mapped[datetime]

    chargeback: Mapped[Chargeback] = relationship(back_populates="files")
