"""A case: what is claimed, what each side wrote and showed, what was decided."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.catalogue.models import PictureColumns
from marketplace.database import JSONDocument, Model, enum_column
from marketplace.disputes.states import DISPUTE, OVER, DisputeState, Kind, Remedy, Side, Wish
from marketplace.events import Machine
from marketplace.money import Money
from marketplace.orders.models import Order
from marketplace.people.models import Person

_UNANSWERED = "answered_at IS NULL AND lapsed_at IS NULL"
_OPEN = "state NOT IN ({})".format(", ".join(f"'{state.value}'" for state in OVER))


class Dispute(Model):
    """One report about one order, from its opening to its end; at most one open case an order.

    ``due_at`` is the one deadline of an open case (``SILENCE`` says whose it is and what follows).
    """

    __tablename__ = "disputes"
    machine: ClassVar[Machine] = DISPUTE
    __table_args__ = (
        sa.Index(
            "uq_disputes_open_order",
            "order_id",
            unique=True,
            sqlite_where=sa.text(_OPEN),
            postgresql_where=sa.text(_OPEN),
        ),
        sa.Index("ix_disputes_due", "due_at", sqlite_where=sa.text(_OPEN), postgresql_where=sa.text(_OPEN)),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(12), unique=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id"), index=True)
    state: Mapped[DisputeState] = mapped_column(enum_column(DisputeState), default=DisputeState.OPENED)
    kind: Mapped[Kind] = mapped_column(enum_column(Kind))
    parts: Mapped[list[Any]] = mapped_column(JSONDocument, default=list)  # keys of the parts that differ
    wish: Mapped[Wish] = mapped_column(enum_column(Wish))
    asked_minor: Mapped[int | None] = mapped_column(sa.BigInteger)  # of the price, where the buyer would keep it
    offered_minor: Mapped[int | None] = mapped_column(sa.BigInteger)  # of the price, by the seller
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]
    pause_reason: Mapped[str] = mapped_column(sa.String(500), default="")
    appeal_until: Mapped[datetime | None]  # before this moment a side may appeal; empty where nobody decided
    buyer_appealed_at: Mapped[datetime | None]
    seller_appealed_at: Mapped[datetime | None]
    hearing: Mapped[Side | None] = mapped_column(enum_column(Side))  # whose appeal is being heard
    seller_at_fault: Mapped[bool] = mapped_column(default=False)
    seller_is_paid: Mapped[bool] = mapped_column(default=False)  # an appeal said so, whatever went back (GAP-21)
    refunds_on_scan: Mapped[bool] = mapped_column(default=False)  # the refund waits for the piece's way back (GAP-08)
    is_piece_back: Mapped[bool] = mapped_column(default=False)
    is_counterfeit: Mapped[bool] = mapped_column(default=False)  # decided so: the piece is never its seller's again
    closed_at: Mapped[datetime | None]

    order: Mapped[Order] = relationship()
    decisions: Mapped[list[Decision]] = relationship(back_populates="dispute", order_by="Decision.id")
    messages: Mapped[list[DisputeMessage]] = relationship(back_populates="dispute", order_by="DisputeMessage.id")
    photos: Mapped[list[DisputePhoto]] = relationship(back_populates="dispute", order_by="DisputePhoto.id")
    opinions: Mapped[list[SecondOpinion]] = relationship(back_populates="dispute", order_by="SecondOpinion.id")

    @property
    def hears_appeal(self) -> bool:
        """Whether what is decided now is an appeal, and not what came back of a return."""
        at = self.buyer_appealed_at if self.hearing is Side.BUYER else self.seller_appealed_at
        return self.hearing is not None and at is not None

    @property
    def goes_to_house(self) -> bool:
        """Whether a piece sent back goes to the house: its own, or a counterfeit (GAP-08)."""
        return self.order.is_supply or self.is_counterfeit

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @property
    def asked(self) -> Money | None:
        return None if self.asked_minor is None else Money(self.asked_minor, self.order.currency)

    @property
    def offered(self) -> Money | None:
        return None if self.offered_minor is None else Money(self.offered_minor, self.order.currency)

    @property
    def proposal(self) -> Decision | None:
        """The decision that waits for a second agent."""
        waiting = [decision for decision in self.decisions if decision.is_waiting]
        return waiting[-1] if waiting else None

    @property
    def decision(self) -> Decision | None:
        """The decision in force."""
        made = [decision for decision in self.decisions if decision.decided_at is not None]
        return made[-1] if made else None


class Decision(Model):
    """What a member of staff decided, or proposes to: the remedy, the reason in words, the clause it rests on."""

    __tablename__ = "dispute_decisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    dispute_id: Mapped[int] = mapped_column(sa.ForeignKey("disputes.id"), index=True)
    remedy: Mapped[Remedy] = mapped_column(enum_column(Remedy))
    of_price_minor: Mapped[int | None] = mapped_column(sa.BigInteger)  # a partial refund's share of the price
    seller_at_fault: Mapped[bool] = mapped_column(default=False)
    is_counterfeit: Mapped[bool] = mapped_column(default=False)
    words: Mapped[str] = mapped_column(sa.String(1000))
    clause: Mapped[str] = mapped_column(sa.String(40))  # a key of the policy's ``disputes.clauses``
    hears: Mapped[Side | None] = mapped_column(enum_column(Side))  # whose appeal this decides
    reverses: Mapped[bool] = mapped_column(default=False)  # another outcome than before
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"))
    proposed_at: Mapped[datetime]
    approver_id: Mapped[int | None] = mapped_column(sa.ForeignKey("people.id"))
    decided_at: Mapped[datetime | None]
    sent_back_at: Mapped[datetime | None]

    dispute: Mapped[Dispute] = relationship(back_populates="decisions")

    @property
    def is_waiting(self) -> bool:
        return self.decided_at is None and self.sent_back_at is None


class SecondOpinion(Model):
    """An agent asks a colleague what they think; neither reads the other's view before both are in.

    At most one a case stands open. It lapses where the case is decided first.
    """

    __tablename__ = "dispute_opinions"
    __table_args__ = (
        sa.Index(
            "uq_dispute_opinions_open",
            "dispute_id",
            unique=True,
            sqlite_where=sa.text(_UNANSWERED),
            postgresql_where=sa.text(_UNANSWERED),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    dispute_id: Mapped[int] = mapped_column(sa.ForeignKey("disputes.id"), index=True)
    asker_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"))
    asked_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    lapsed_at: Mapped[datetime | None]

    dispute: Mapped[Dispute] = relationship(back_populates="opinions")
    views: Mapped[list[AgentView]] = relationship(back_populates="opinion", order_by="AgentView.id")

    @property
    def is_open(self) -> bool:
        return self.answered_at is None and self.lapsed_at is None


class AgentView(Model):
    """What one of the two would decide, and why."""

    __tablename__ = "dispute_views"
    __table_args__ = (sa.UniqueConstraint("opinion_id", "author_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    opinion_id: Mapped[int] = mapped_column(sa.ForeignKey("dispute_opinions.id"))
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"))
    remedy: Mapped[Remedy] = mapped_column(enum_column(Remedy))
    of_price_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    words: Mapped[str] = mapped_column(sa.String(1000))
    given_at: Mapped[datetime]

    opinion: Mapped[SecondOpinion] = relationship(back_populates="views")
    author: Mapped[Person] = relationship()

    @property
    def of_price(self) -> Money | None:
        currency = self.opinion.dispute.order.currency
        return None if self.of_price_minor is None else Money(self.of_price_minor, currency)


class DisputeMessage(Model):
    """Words one side wrote for the others to read; contact details are masked before they are kept (fault P12)."""

    __tablename__ = "dispute_messages"

    id: Mapped[int] = mapped_column(primary_key=True)
    dispute_id: Mapped[int] = mapped_column(sa.ForeignKey("disputes.id"), index=True)
    side: Mapped[Side] = mapped_column(enum_column(Side))
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"))
    written_at: Mapped[datetime]
    words: Mapped[str] = mapped_column(sa.String(2000))
    is_masked: Mapped[bool] = mapped_column(default=False)

    dispute: Mapped[Dispute] = relationship(back_populates="messages")


class DisputePhoto(PictureColumns, Model):
    """A photo as evidence, private to the parties and staff. It is the order's alone until the case opens."""

    __tablename__ = "dispute_photos"
    __table_args__ = (sa.Index(None, "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id"), index=True)
    dispute_id: Mapped[int | None] = mapped_column(sa.ForeignKey("disputes.id"), index=True)
    side: Mapped[Side] = mapped_column(enum_column(Side))
    part: Mapped[str] = mapped_column(sa.String(40), default="")  # a key of the condition scale; empty: as a whole
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"))
    sent_at: Mapped[datetime]

    dispute: Mapped[Dispute | None] = relationship(back_populates="photos")


class Claim(Model):
    """What a buyer has said on the first screen, before the case is opened on the third: one an order."""

    __tablename__ = "dispute_claims"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id"), unique=True)
    kind: Mapped[Kind] = mapped_column(enum_column(Kind))
    parts: Mapped[list[Any]] = mapped_column(JSONDocument, default=list)
    words: Mapped[str] = mapped_column(sa.String(1000), default="")
    written_at: Mapped[datetime]

    order: Mapped[Order] = relationship()
