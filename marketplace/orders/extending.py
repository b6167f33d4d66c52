"""The desk puts off a deadline of an order, by business days within the policy's limit; both sides are told."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace import events
from marketplace.database import db
from marketplace.errors import Refusal
from marketplace.events import HasActor
from marketplace.jobs import deadlines
from marketplace.orders import fulfilment, settling, terms
from marketplace.orders.facts import DeadlineExtended
from marketplace.orders.models import Order
from marketplace.orders.states import OrderState
from marketplace.programme import versions

EXTEND = "extend"  # the event; its detail names the deadline and the days


class Extendable(enum.StrEnum):
    """What can be put off."""

    SHIP_BY = "ship_by"
    CONFIRM_BY = "confirm_by"


class CannotExtend(Refusal):
    message = _l("This deadline cannot be put off now.")


class TooLong(Refusal):
    """``days`` are left of the limit."""

    status = 422

    def __init__(self, days: int) -> None:
        super().__init__(_("It can be put off by at most %(days)s more business days.", days=days))


def extendable(order: Order, at: datetime) -> Extendable | None:
    """Which deadline of the order can be put off now: at most one runs at a time."""
    if order.state is OrderState.LABEL_ISSUED and order.shipped_at is None:
        return Extendable.SHIP_BY
    is_open = order.state is OrderState.DELIVERED and settling.window_is_open(order, at)
    return Extendable.CONFIRM_BY if is_open else None


def days_left(order: Order, which: Extendable) -> int:
    """By how many business days it can still be put off; staff's limits are always the current ones (GAP-18)."""
    past = [event.detail for event in events.history(order) if event.action == EXTEND]
    used: int = sum(detail["days"] for detail in past if detail["deadline"] == which)
    return max(versions.current().policy.desk.max_extension_business_days - used, 0)


def extend(order: Order, *, days: int, by: HasActor, at: datetime) -> datetime:
    """Put the order's running deadline off to the end of a later business day, which is returned.

    Raises ``CannotExtend`` where none runs, ``TooLong`` past the limit. An order that was late is late no more.
    """
    db.session.refresh(order, with_for_update=True)
    which = extendable(order, at)
    if which is None:
        raise CannotExtend()
    if not 1 <= days <= (left := days_left(order, which)):
        raise TooLong(left)
    was = order.ship_by_at if which is Extendable.SHIP_BY else order.window_closes_at
    until = terms.calendar().end_of_business_day_after(max(was or at, at), days)
    if which is Extendable.SHIP_BY:
        _ship_by(order, until, at)
    else:
        order.window_closes_at = until
        deadlines.set_deadline(settling.CONFIRM_BY, order, until)
    events.record(order, EXTEND, by=by, at=at, deadline=which.value, days=days)
    events.announce(DeadlineExtended(order.id, which.value, until, at))
    return until


def _ship_by(order: Order, until: datetime, at: datetime) -> None:
    order.ship_by_at = until
    deadlines.cancel_deadlines([order], fulfilment.CANCEL_LATE, at=at)
    deadlines.set_deadline(fulfilment.SHIP_BY, order, until)
    deadlines.set_deadline(fulfilment.SHIP_BY_REMINDER, order, max(until - timedelta(days=1), at))
