"""The way of an order as a list of steps, for the pages of its buyer and its seller.

Each side sees what it needs: the buyer where the parcel is, never where it started; both the same moments.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace import events
from marketplace.orders import settling, terms
from marketplace.orders.models import Order
from marketplace.orders.refunding import EndReason
from marketplace.orders.states import OrderState
from marketplace.shipping import parcels
from marketplace.shipping.models import Parcel, TrackingStatus
from marketplace.shipping.postal import PostalAddress

DONE, NOW, FUTURE, PROBLEM = "done", "now", "future", "problem"

GOOD_ENDS = (OrderState.SETTLED, OrderState.CONFIRMED, OrderState.AUTO_CONFIRMED)
BAD_ENDS = (
    OrderState.CANCELLED,
    OrderState.DISPUTED,
    OrderState.EXPIRED,
    OrderState.LOST,
    OrderState.REFUNDED,
    OrderState.RETURNED_TO_SENDER,
)


@dataclass(frozen=True)
class Link:
    href: str
    label: str


@dataclass(frozen=True)
class TimelineStep:
    """What the ``timeline`` macro draws: ``at`` for what was, ``expected`` for what is to come."""

    title: str
    state: str = FUTURE
    at: datetime | None = None
    expected: datetime | None = None
    note: str | None = None
    link: Link | None = None


def tracking_timeline(order: Order, *, for_seller: bool = False) -> list[TimelineStep]:
    """Every step of the order, oldest first: what was, what is now, and what to expect when (MK-55)."""
    parcel = parcels.parcel_of(order.id)
    steps = list(_steps(order, parcel, for_seller))
    if order.state in BAD_ENDS:
        return [*(replace(step, state=DONE) for step in steps if step.at), *_trouble(order)]
    last = max((number for number, step in enumerate(steps) if step.at), default=-1)
    now = DONE if order.state in GOOD_ENDS else NOW
    # A step that was never heard of before a later one (confirmed before any delivery scan) is left out.
    reached = [replace(step, state=now if number == last else DONE) for number, step in enumerate(steps) if step.at]
    return reached + steps[last + 1 :]


def _steps(order: Order, parcel: Parcel | None, for_seller: bool) -> Iterator[TimelineStep]:
    yield TimelineStep(_("Sold") if for_seller else _("Paid"), at=order.paid_at)
    yield TimelineStep(_label_title(order, for_seller), at=order.label_issued_at or order.shipped_at)
    yield _hand_over(order, parcel, for_seller)
    yield _delivery(order)
    yield _confirmation(order, for_seller)
    if for_seller and not order.is_supply:
        settled = order.closed_at if order.state is OrderState.SETTLED else None
        yield TimelineStep(_("Gift card released"), at=settled, expected=order.window_closes_at)


def _label_title(order: Order, for_seller: bool) -> str:
    if for_seller:
        return str(_("Prepaid label sent to you"))
    return str(_("Prepaid label sent to our warehouse") if order.is_supply else _("Prepaid label sent to the seller"))


def _hand_over(order: Order, parcel: Parcel | None, for_seller: bool) -> TimelineStep:
    title = _("Handed to the carrier") if for_seller else _("On its way")
    if order.shipped_at is None or parcel is None or not parcel.tracking_url or not parcel.tracking_number:
        return TimelineStep(title, at=order.shipped_at, expected=order.ship_by_at)
    link = Link(parcel.tracking_url, parcel.tracking_number)
    return TimelineStep(title, at=order.shipped_at, note=_last_word(parcel), link=link)


def _last_word(parcel: Parcel) -> str | None:
    """The latest scan in the carrier's words, without the town the seller lives in."""
    scans = [event for event in parcel.tracking if event.status is TrackingStatus.TRANSIT]
    if not scans:
        return None
    last = scans[-1]
    home = PostalAddress.of(parcel.ship_from).town.lower()
    return " ".join(part for part in (last.words, "" if last.place.lower() == home else last.place) if part) or None


def _delivery(order: Order) -> TimelineStep:
    usual = terms.of_buyer(order).shipping
    leaves_at = order.shipped_at or order.ship_by_at
    note = None
    if order.delivered_at is None:
        note = ngettext(
            "Usually %(num)s day after it is handed over.",
            "Usually %(min)s to %(num)s days after it is handed over.",
            usual.usual_days_max,
            min=usual.usual_days_min,
        )
    expected = leaves_at + timedelta(days=usual.usual_days_max) if leaves_at else None
    return TimelineStep(_("Delivered"), at=order.delivered_at, expected=expected, note=note)


def _confirmation(order: Order, for_seller: bool) -> TimelineStep:
    if order.state in GOOD_ENDS:
        return TimelineStep(_confirmed_how(order, for_seller), at=order.closed_at)
    title = _("Buyer confirms, or stays silent") if for_seller else _("You confirm, or stay silent")
    return TimelineStep(title, expected=order.window_closes_at)


def _confirmed_how(order: Order, for_seller: bool) -> str:
    if order.confirmation is not None:
        return str(_("Confirmed by the buyer") if for_seller else _("You confirmed"))
    contested = any(event.to_state == OrderState.DISPUTED for event in events.history(order))
    return str(_("Decided: the sale stands") if contested else _("Confirmed by silence"))


def _trouble(order: Order) -> Iterator[TimelineStep]:
    """How an order ended that did not end in a sale."""
    moved = {event.to_state: event.at for event in events.history(order)}
    if settling.is_contested_by_bank(order):
        note = _("Nothing is sent, paid out or refunded until the bank has decided.")
        title = _("The buyer's bank looks into the payment")
        yield TimelineStep(title, PROBLEM, at=moved.get(order.state), note=note)
        return
    if order.state is OrderState.DISPUTED:
        note = _("We are looking into it. Nothing is paid out meanwhile.")
        yield TimelineStep(_("Problem reported"), PROBLEM, at=moved.get(order.state), note=note)
        return
    if order.state is OrderState.EXPIRED:
        yield TimelineStep(_("Not paid"), PROBLEM, at=order.closed_at)
        return
    yield TimelineStep(_end_title(order), PROBLEM, at=order.closed_at or moved.get(order.state))
    if order.state is OrderState.REFUNDED:
        yield TimelineStep(_("Refunded in full"), DONE, at=order.closed_at)


def _end_title(order: Order) -> str:
    titles = {
        EndReason.BUYER_AFTER_SHIP_BY: _("Cancelled by the buyer"),
        EndReason.BUYER_NO_LABEL: _("Cancelled by the buyer"),
        EndReason.SELLER_CANCELLED: _("Cancelled by the seller"),
        EndReason.NOT_SHIPPED: _("Not handed over in time"),
        EndReason.PARCEL_LOST: _("Lost on its way"),
        EndReason.RETURNED_TO_SENDER: _("Returned to its sender"),
        EndReason.PIECE_GONE: _("No longer available"),
        EndReason.CHARGED_BACK: _("Given back by the buyer's bank"),
        EndReason.AFTER_SALE: _("Refunded after the sale"),
        EndReason.DISPUTE: _("Decided: refund in full"),
    }
    return str(titles.get(EndReason(order.end_reason), _("Cancelled by us")) if order.end_reason else _("Cancelled"))
