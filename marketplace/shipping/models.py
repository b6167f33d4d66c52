"""Parcels, their labels, and what the carrier told us about them."""

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


class ParcelState(enum.StrEnum):
    LABEL_WANTED = "label_wanted"
    LABEL_REFUSED = "label_refused"  # the carrier will not carry it to that address; the desk corrects it
    LABEL_BOUGHT = "label_bought"
    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"
    RETURNED = "returned"
    LOST = "lost"
    CANCELLED = "cancelled"


class CannotBuyLabel(Refusal):
    message = _l("This parcel has its label already.")


class AddressIsFixed(Refusal):
    message = _l("The label is being written or written already; its addresses cannot change any more.")


class CannotMoveParcel(Refusal):
    message = _l("This parcel cannot move that way.")


class CannotCancelParcel(Refusal):
    message = _l("This parcel has been handed over and cannot be cancelled.")


_P = ParcelState
PARCEL = Machine(
    states=ParcelState,
    table={
        (_P.LABEL_WANTED, "buy_label"): _P.LABEL_BOUGHT,
        (_P.LABEL_WANTED, "refuse_label"): _P.LABEL_REFUSED,
        (_P.LABEL_REFUSED, "correct_address"): _P.LABEL_WANTED,
        (_P.LABEL_BOUGHT, "scan"): _P.IN_TRANSIT,
        (_P.CANCELLED, "scan"): _P.IN_TRANSIT,  # handed over all the same: the desk must look
        (_P.LABEL_BOUGHT, "deliver"): _P.DELIVERED,
        (_P.IN_TRANSIT, "deliver"): _P.DELIVERED,
        (_P.LOST, "deliver"): _P.DELIVERED,
        (_P.LABEL_BOUGHT, "return"): _P.RETURNED,
        (_P.IN_TRANSIT, "return"): _P.RETURNED,
        (_P.DELIVERED, "return"): _P.RETURNED,
        (_P.LOST, "return"): _P.RETURNED,
        (_P.IN_TRANSIT, "lose"): _P.LOST,
        (_P.LABEL_WANTED, "cancel"): _P.CANCELLED,
        (_P.LABEL_REFUSED, "cancel"): _P.CANCELLED,
        (_P.LABEL_BOUGHT, "cancel"): _P.CANCELLED,
    },
    refusals={
        "buy_label": CannotBuyLabel,
        "refuse_label": CannotBuyLabel,
        "correct_address": AddressIsFixed,
        "scan": CannotMoveParcel,
        "deliver": CannotMoveParcel,
        "return": CannotMoveParcel,
        "lose": CannotMoveParcel,
        "cancel": CannotCancelParcel,
    },
    owes={"buy_label": "postage"},
)


class Parcel(Model):
    """One parcel of one order, or of pieces that come to us, with its prepaid label (only one label a parcel)."""

    __tablename__ = "parcels"
    machine: ClassVar[Machine] = PARCEL

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(40), unique=True)
    # Empty for a parcel that comes to us: nobody asks it of one, for its news goes another way (``InboundNews``).
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("orders.id"), index=True, nullable=True)
    order_number: Mapped[str] = mapped_column(sa.String(12))  # what people and the carrier call it by
    is_return: Mapped[bool] = mapped_column(default=False)  # the piece on its way back from its buyer (GAP-08)
    state: Mapped[ParcelState] = mapped_column(enum_column(ParcelState), default=ParcelState.LABEL_WANTED)
    ship_from: Mapped[dict[str, Any]] = mapped_column(JSONDocument)
    ship_to: Mapped[dict[str, Any]] = mapped_column(JSONDocument)
    wanted_at: Mapped[datetime]
    carrier: Mapped[str] = mapped_column(sa.String(40), default="")
    service: Mapped[str] = mapped_column(sa.String(60), default="")
    tracking_number: Mapped[str | None] = mapped_column(sa.String(60), unique=True)
    tracking_url: Mapped[str | None] = mapped_column(sa.String(500))
    label_pdf: Mapped[bytes | None] = mapped_column(deferred=True)
    provider_ref: Mapped[str | None] = mapped_column(sa.String(120), unique=True)
    cost_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    currency: Mapped[str | None] = mapped_column(sa.String(3))
    first_scan_at: Mapped[datetime | None]  # the carrier's own time, never later than we heard of it
    last_movement_at: Mapped[datetime | None]  # the same
    delivered_at: Mapped[datetime | None]  # when we heard of it, never earlier than the carrier's own time (GAP-04)
    asked_at: Mapped[datetime | None]  # when the carrier last answered a question of ours about it

    tracking: Mapped[list[TrackingEvent]] = relationship(
        back_populates="parcel", order_by="(TrackingEvent.carrier_at, TrackingEvent.id)"
    )

    @property
    def is_inbound(self) -> bool:
        """Whether it brings somebody's pieces to us, and belongs to no order."""
        return self.order_id is None

    @property
    def reference(self) -> str:
        """What the carrier files the parcel under: another one for each parcel of an order."""
        return f"{self.order_number}-R" if self.is_return else self.key.removeprefix("parcel-")

    @property
    def cost(self) -> Money | None:
        """What the label cost us."""
        return None if self.cost_minor is None else Money(self.cost_minor, self.currency or "")


class TrackingStatus(enum.StrEnum):
    """Our words for what a carrier says."""

    PRE_TRANSIT = "pre_transit"
    TRANSIT = "transit"
    DELIVERED = "delivered"
    RETURNED = "returned"
    FAILURE = "failure"
    UNKNOWN = "unknown"


class TrackingEvent(Model):
    """One thing the carrier said about a parcel; the same word about the same moment counts once."""

    __tablename__ = "tracking_events"
    __table_args__ = (sa.UniqueConstraint("parcel_id", "status", "carrier_at", "place"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    parcel_id: Mapped[int] = mapped_column(sa.ForeignKey("parcels.id"))
    status: Mapped[TrackingStatus] = mapped_column(enum_column(TrackingStatus))
    carrier_at: Mapped[datetime]  # the carrier's own time
    recorded_at: Mapped[datetime]
    place: Mapped[str] = mapped_column(sa.String(80), default="")
    words: Mapped[str] = mapped_column(sa.String(200), default="")

    parcel: Mapped[Parcel] = relationship(back_populates="tracking")


class AcceptedRate(Model):
    """A price at which a label is bought from Shippo, by our key, written down before it is bought.

    Its times are the database's own: how long the rate holds is Shippo's affair, not the shop's.
    """

    __tablename__ = "shippo_rates"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(120), index=True)
    rate_ref: Mapped[str] = mapped_column(sa.String(120), unique=True)
    shipment_ref: Mapped[str] = mapped_column(sa.String(120))
    cost_minor: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    accepted_at: Mapped[datetime]
    ordered_at: Mapped[datetime | None]  # when a purchase was last begun that may have been carried out

    @property
    def cost(self) -> Money:
        return Money(self.cost_minor, self.currency)
