"""An order goes on from where it was contested: the buyer took the report back before the window had closed."""

from __future__ import annotations

from datetime import datetime, timedelta

from marketplace import events
from marketplace.events import HasActor
from marketplace.jobs import deadlines
from marketplace.orders import fulfilment, lost_parcels, settling, terms
from marketplace.orders.facts import OrderDelivered
from marketplace.orders.models import Order
from marketplace.shipping import parcels
from marketplace.shipping.facts import ParcelReturned
from marketplace.shipping.models import ParcelState


def resume(order: Order, *, by: HasActor, at: datetime) -> None:
    """Take up a disputed order where it and its parcel now stand; what ran before runs again.

    A window that was open keeps its moment; one that has closed meanwhile settles the sale (GAP-03). Raises
    ``CannotResume`` unless the order is disputed.
    """
    parcel = parcels.parcel_of(order.id)
    if parcel is not None and parcel.state is ParcelState.RETURNED:
        events.transition(order, "resume_on_its_way", by=by, at=at)
        fulfilment.parcel_returned(ParcelReturned(parcel.id, order.id, at))
    elif order.delivered_at is not None:
        _resume_delivered(order, by=by, at=at)
    elif order.shipped_at is not None:
        events.transition(order, "resume_on_its_way", by=by, at=at)
        lost_parcels.expect_movement(order, at)
        deadlines.set_deadline(fulfilment.LATE_WORD, order, fulfilment.expected_latest(order, at))
    elif order.label_issued_at is not None:
        _resume_unsent(order, by=by, at=at)
    else:
        events.transition(order, "resume_unlabelled", by=by, at=at)
        days = terms.of_buyer(order).limits.label_alarm_business_days
        late_at = terms.calendar().end_of_business_day_after(at, days)
        deadlines.set_deadline(fulfilment.LABEL_LATE, order, late_at)
        if parcel is not None and parcel.tracking_number is not None:
            fulfilment.issue_label(order, at=at)  # its mail left while the order was disputed


def _resume_delivered(order: Order, *, by: HasActor, at: datetime) -> None:
    if order.window_closes_at is None:  # it arrived while it was disputed: the window opens now
        closes_at = at + timedelta(hours=terms.of_buyer(order).limits.confirmation_window_hours)
        events.transition(order, "resume_delivered", by=by, at=at, sets={"window_closes_at": closes_at})
        deadlines.set_deadline(settling.CONFIRM_BY, order, closes_at)
        events.announce(OrderDelivered(order.id, at))
    elif settling.window_is_open(order, at):
        events.transition(order, "resume_delivered", by=by, at=at)
        deadlines.set_deadline(settling.CONFIRM_BY, order, order.window_closes_at)
        settling.note_delivery_mail(order, at=at)  # whoever takes a report back knows of the delivery
    else:
        settling.settle_contested(order, by=by, at=at)


def _resume_unsent(order: Order, *, by: HasActor, at: datetime) -> None:
    """The seller's day to ship by stands; where it has passed, the order ends by itself as any other would."""
    events.transition(order, "resume_unsent", by=by, at=at)
    deadlines.set_deadline(fulfilment.SHIP_BY, order, max(order.ship_by_at or at, at))
