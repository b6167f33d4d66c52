"""How long each waiting state may last, and how much one person may hold."""

from __future__ import annotations

from datetime import datetime, timedelta

from marketplace import clock
from marketplace.database import db
from marketplace.jobs import deadlines
from marketplace.orders import fulfilment, lost_parcels
from marketplace.orders.holds import TooManyHolds
from marketplace.orders.models import Order
from marketplace.payments import attempts
from marketplace.programme import versions
from tests.accounts import an_account
from tests.programme import world
from tests.programme.rows import Behaviour, Row, Scene, refusing

SENDING, LATE, DELIVERY, BUYING = "/help/sending", "/help/not-arrived", "/help/delivery", "/help/who-can-buy"


def business_days_later(start: datetime, days: int) -> datetime:
    return versions.current().calendar.end_of_business_day_after(start, days)


def waits_until(kind: str, order: Order) -> datetime:
    waiting = deadlines.waiting_deadline(kind, order)
    assert waiting is not None
    return waiting.due_at


def review_is_promised(days: int) -> Behaviour:
    def promised(scene: Scene) -> None:
        listing = world.submitted(world.a_complete_draft())
        assert listing.submitted_at is not None
        assert listing.review_due_at == business_days_later(listing.submitted_at, days)

    return promised


def label_alarm(days: int) -> Behaviour:
    """Without a label the desk is told so many business days after the payment."""

    def rings(scene: Scene) -> None:
        order = world.an_order()
        world.capture(order)
        assert waits_until(fulfilment.LABEL_LATE, order) == business_days_later(clock.now(), days)

    return rings


def ship_by(days: int) -> Behaviour:
    def due(scene: Scene) -> None:
        order = world.paid()
        assert order.label_issued_at is not None
        assert order.ship_by_at == business_days_later(order.label_issued_at, days)

    return due


def cancels_itself(days: int) -> Behaviour:
    """So many business days after the ship-by moment."""

    def ends(scene: Scene) -> None:
        order = world.paid()
        world.pass_time(days=8)
        assert order.ship_by_at is not None
        assert waits_until(fulfilment.CANCEL_LATE, order) == business_days_later(order.ship_by_at, days)

    return ends


def counts_as_lost(days: int) -> Behaviour:
    def lost(scene: Scene) -> None:
        order = world.sent()
        assert order.shipped_at is not None
        assert waits_until(lost_parcels.NO_MOVEMENT, order) == order.shipped_at + timedelta(days=days)

    return lost


def first_word_after(days: int) -> Behaviour:
    """A parcel is late so many days after it was sent: the buyer then hears of it."""

    def hears(scene: Scene) -> None:
        order = world.sent()
        assert order.shipped_at is not None
        assert waits_until(fulfilment.LATE_WORD, order) == order.shipped_at + timedelta(days=days)

    return hears


def next_word_after(days: int) -> Behaviour:
    def hears(scene: Scene) -> None:
        order = world.sent()
        world.pass_time(days=6)
        assert waits_until(fulfilment.LATE_WORD, order) == business_days_later(clock.now(), days)

    return hears


def window(hours: int) -> Behaviour:
    def closes(scene: Scene) -> None:
        order = world.delivered()
        assert order.delivery_mail_at is not None
        assert order.window_closes_at == order.delivery_mail_at + timedelta(hours=hours)

    return closes


def payment_stays_open(minutes: int) -> Behaviour:
    def stays(scene: Scene) -> None:
        order = world.an_order()
        attempt = attempts.open_attempt_of(order.checkout_id)
        assert attempt is not None
        left = attempt.expires_at - clock.shared()
        assert timedelta(minutes=minutes - 1) < left <= timedelta(minutes=minutes)

    return stays


def second_hold_is_refused(scene: Scene) -> None:
    buyer, first, second = an_account(), world.a_live_listing(), world.a_live_listing()
    world.a_checkout([first], buyer=buyer)
    with refusing(TooManyHolds):
        world.a_checkout([second], buyer=buyer)
    db.session.expire_all()
    assert (first.state, second.state) == ("held", "live")


ROWS = [
    Row("limits.review_business_days", 5, review_is_promised(5), page="/help/review", says="about 5 business days"),
    Row(
        "limits.label_alarm_business_days", 2, label_alarm(2), page=LATE, says="within 2 business days of your payment"
    ),
    Row("limits.ship_by_business_days", 6, ship_by(6), page=SENDING, says="within 6 business days of the label mail"),
    Row(
        "limits.cancel_late_business_days",
        9,
        cancels_itself(9),
        page=LATE,
        says="9 business days later the order cancels itself",
    ),
    Row("limits.no_movement_days", 20, counts_as_lost(20), page=LATE, says="nothing has been reported for 20 days"),
    Row("limits.late_update_business_days", 5, next_word_after(5), page=LATE, says="every 5 business days"),
    Row("shipping.usual_days_max", 9, first_word_after(9), page=DELIVERY, says="3 to 9 days"),
    Row(
        "limits.confirmation_window_hours",
        96,
        window(96),
        page="/help/when-it-arrives",
        says="From that moment you have 4 days",
    ),
    Row("limits.payment_minutes", 60, payment_stays_open(60), page=BUYING, says="held for you for 60 minutes"),
    Row("limits.live_holds_per_person", 1, second_hold_is_refused, page=BUYING, says="up to 1 piece at a time"),
]
