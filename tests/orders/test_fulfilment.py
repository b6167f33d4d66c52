"""From paid to delivered, and what lateness, loss and return lead to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.jobs.alarms import Alarm, AlarmKind
from marketplace.ledger import Account, balance
from marketplace.mail.models import SandboxMail
from marketplace.money import Money
from marketplace.orders import lost_parcels, refunding
from marketplace.orders.models import Order
from marketplace.orders.permissions import buyer_can_cancel, seller_can_cancel
from marketplace.orders.refunding import EndReason
from marketplace.orders.states import CannotCancel, OrderState
from marketplace.payments.models import Refund, RefundState
from marketplace.payouts.models import Payout
from marketplace.people.models import Person
from marketplace.shipping.models import Parcel
from tests.books import assert_books_balance
from tests.orders.stories import again, delivered_order, held
from tests.shipping.sales import labelled_order, sold_order, sweep, travel

Advance = Callable[..., datetime]
ClockAt = Callable[[datetime], datetime]


def alarms(order: Order) -> set[AlarmKind]:
    query = sa.select(Alarm.kind).where(Alarm.subject_type == "orders", Alarm.subject_id == order.id)
    return set(db.session.scalars(query))


def refunds(order: Order) -> list[Refund]:
    return list(db.session.scalars(sa.select(Refund).where(Refund.order_id == order.id)))


def letters(message: str) -> list[SandboxMail]:
    return list(db.session.scalars(sa.select(SandboxMail).where(SandboxMail.message == message)))


def assert_refunded_in_full(order: Order, reason: EndReason) -> None:
    order = again(order)
    assert (order.state, order.end_reason) == (OrderState.REFUNDED, reason)
    [refund] = refunds(order)
    assert (refund.amount, refund.state) == (order.total, RefundState.DONE)
    assert held(order) == 0
    assert balance(Account.REFUND_PAYABLE, "USD", order_id=order.id).minor == 0
    assert balance(Account.CLEARING, "USD", order_id=order.id).minor == 0


@pytest.mark.rule("GAP-01", "MK-36")
@pytest.mark.parametrize(
    ("mailed", "ship_by"),
    [
        # A Monday at noon in New York: Thursday's last second there.
        (datetime(2026, 11, 2, 17, 0, tzinfo=UTC), datetime(2026, 11, 6, 4, 59, 59, tzinfo=UTC)),
        # A Friday evening: the weekend does not count.
        (datetime(2026, 11, 14, 1, 0, tzinfo=UTC), datetime(2026, 11, 19, 4, 59, 59, tzinfo=UTC)),
        # The Tuesday before Thanksgiving: Thursday is a holiday.
        (datetime(2026, 11, 24, 17, 0, tzinfo=UTC), datetime(2026, 12, 1, 4, 59, 59, tzinfo=UTC)),
        # Across the end of daylight saving time, on a Friday before it.
        (datetime(2026, 10, 30, 16, 0, tzinfo=UTC), datetime(2026, 11, 5, 4, 59, 59, tzinfo=UTC)),
    ],
)
def test_ship_by_is_the_end_of_the_third_business_day_after_the_label_mail(
    app: Flask, clock_at: ClockAt, mailed: datetime, ship_by: datetime
) -> None:
    clock_at(mailed)
    order = labelled_order()
    assert order.state is OrderState.LABEL_ISSUED
    assert order.label_issued_at == mailed
    assert order.ship_by_at == ship_by


@pytest.mark.rule("GAP-01")
def test_without_a_label_within_a_business_day_the_desk_is_told_and_the_buyer_may_cancel(
    app: Flask, clock_at: ClockAt, advance: Advance
) -> None:
    clock_at(datetime(2026, 11, 2, 17, 0, tzinfo=UTC))
    order = sold_order(street="1 No Label Lane")
    advance(days=1)
    sweep()
    assert not buyer_can_cancel(again(order), clock.now())
    clock_at(datetime(2026, 11, 4, 5, 0, tzinfo=UTC))
    sweep()
    order = again(order)
    assert order.state is OrderState.PAID
    assert AlarmKind.LABEL_LATE in alarms(order)
    assert buyer_can_cancel(order, clock.now())
    with unit_of_work():
        order = db.session.get_one(Order, order.id)
        refunding.cancel(order, reason=EndReason.BUYER_NO_LABEL, by=order.buyer, at=clock.now())
    sweep()
    assert_refunded_in_full(order, EndReason.BUYER_NO_LABEL)
    assert_books_balance(app)


@pytest.mark.rule("GAP-09", "MK-62")
def test_after_ship_by_the_buyer_may_cancel_at_once(app: Flask, clock_at: ClockAt) -> None:
    clock_at(datetime(2026, 11, 2, 17, 0, tzinfo=UTC))
    order = labelled_order()
    assert order.ship_by_at is not None
    assert not buyer_can_cancel(order, order.ship_by_at)
    clock_at(datetime(2026, 11, 6, 5, 0, tzinfo=UTC))
    sweep()
    order = again(order)
    assert buyer_can_cancel(order, clock.now())
    assert len(letters("ship_by_passed")) == 1
    with unit_of_work():
        order = db.session.get_one(Order, order.id)
        refunding.cancel(order, reason=EndReason.BUYER_AFTER_SHIP_BY, by=order.buyer, at=clock.now())
    sweep()
    assert_refunded_in_full(order, EndReason.BUYER_AFTER_SHIP_BY)
    assert_books_balance(app)


@pytest.mark.rule("GAP-09")
def test_four_business_days_after_ship_by_the_order_cancels_itself(app: Flask, clock_at: ClockAt) -> None:
    clock_at(datetime(2026, 11, 2, 17, 0, tzinfo=UTC))
    order = labelled_order()  # ship by Thursday 5 November; Wednesday 11 is a holiday
    clock_at(datetime(2026, 11, 6, 5, 0, tzinfo=UTC))
    sweep()
    clock_at(datetime(2026, 11, 13, 4, 59, 0, tzinfo=UTC))
    sweep()
    assert again(order).state is OrderState.LABEL_ISSUED
    clock_at(datetime(2026, 11, 13, 4, 59, 59, tzinfo=UTC))
    sweep()
    assert_refunded_in_full(order, EndReason.NOT_SHIPPED)
    assert len(letters("cancelled_seller")) == 1
    assert_books_balance(app)


@pytest.mark.rule("GAP-09")
def test_a_scanned_order_cannot_be_cancelled(app: Flask) -> None:
    order = labelled_order()
    travel(order, "scan")
    order = again(order)
    assert not seller_can_cancel(order)
    with pytest.raises(CannotCancel), unit_of_work():
        refunding.cancel(order, reason=EndReason.DESK_CANCELLED, by=order.buyer, at=clock.now())
    assert again(order).state is OrderState.IN_TRANSIT
    assert refunds(order) == []
    assert held(order) == order.total.minor


@pytest.mark.rule("GAP-09")
def test_a_scan_after_a_cancellation_opens_a_desk_case(app: Flask) -> None:
    order = labelled_order()
    with unit_of_work():
        order = db.session.get_one(Order, order.id)
        refunding.cancel(order, reason=EndReason.SELLER_CANCELLED, by=order.buyer, at=clock.now())
    sweep()
    travel(order, "scan")
    assert AlarmKind.SCAN_AFTER_CANCELLATION in alarms(order)
    assert_refunded_in_full(order, EndReason.SELLER_CANCELLED)


@pytest.mark.rule("GAP-09")
def test_ten_days_without_movement_refund_the_buyer_and_ask_an_agent_about_the_seller(
    app: Flask, advance: Advance
) -> None:
    order = labelled_order()
    travel(order, "scan")
    advance(days=9, hours=23)
    sweep()
    assert again(order).state is OrderState.IN_TRANSIT
    advance(hours=2)
    sweep()
    advance(minutes=2)
    sweep()
    assert_refunded_in_full(order, EndReason.PARCEL_LOST)
    assert AlarmKind.PARCEL_LOST in alarms(order)
    assert db.session.scalar(sa.select(Payout.id)) is None, "the seller waits for an agent"
    with unit_of_work():
        order = db.session.get_one(Order, order.id)
        agent = Person(email="agent@example.com", is_account=True, joined_at=clock.now())
        db.session.add(agent)
        db.session.flush()
        lost_parcels.pay_seller(order, by=agent, at=clock.now())
    sweep()
    payout = db.session.scalars(sa.select(Payout)).one()
    assert payout.amount == Money(19_600, "USD")
    assert balance(Account.CARRIER_RECEIVABLE, "USD", order_id=order.id) == Money(19_600, "USD")
    assert_books_balance(app)


@pytest.mark.rule("GAP-09")
def test_a_parcel_returned_to_its_sender_refunds_the_buyer(app: Flask) -> None:
    order = labelled_order()
    travel(order, "scan")
    travel(order, "return")
    assert_refunded_in_full(order, EndReason.RETURNED_TO_SENDER)
    assert AlarmKind.PARCEL_RETURNED in alarms(order)


@pytest.mark.fault("L06")
@pytest.mark.parametrize("action", ["return", "fail"])
def test_bad_news_after_delivery_stops_the_window(app: Flask, advance: Advance, action: str) -> None:
    order = delivered_order()
    travel(order, action)
    assert AlarmKind.TROUBLE_AFTER_DELIVERY in alarms(order)
    advance(days=10)
    sweep()
    order = again(order)
    assert order.state is OrderState.DISPUTED
    assert db.session.scalar(sa.select(Payout.id)) is None
    assert held(order) == order.total.minor


@pytest.mark.rule("MK-55", "MK-57")
def test_the_buyer_is_told_when_it_ships_and_when_it_arrives(app: Flask) -> None:
    order = delivered_order()
    [shipped], [delivered] = letters("shipped"), letters("delivered")
    assert "9400" in shipped.text
    assert "confirm" in delivered.text
    assert "rate it" in delivered.text
    assert shipped.recipient == delivered.recipient == order.checkout.email


@pytest.mark.rule("MK-63", "GAP-20")
def test_the_buyer_hears_from_us_while_the_parcel_is_late(app: Flask, clock_at: ClockAt) -> None:
    clock_at(datetime(2026, 11, 2, 17, 0, tzinfo=UTC))
    order = labelled_order()
    travel(order, "scan")
    clock_at(datetime(2026, 11, 7, 16, 0, tzinfo=UTC))
    sweep()
    assert letters("still_on_its_way") == []
    clock_at(datetime(2026, 11, 7, 18, 0, tzinfo=UTC))
    sweep()
    assert len(letters("still_on_its_way")) == 1
    travel(order, "move")
    clock_at(datetime(2026, 11, 13, 6, 0, tzinfo=UTC))
    sweep()
    assert len(letters("still_on_its_way")) == 2


@pytest.mark.rule("MK-34", "MK-43")
def test_label_and_gift_card_go_to_the_sellers_loyalty_address(app: Flask, advance: Advance) -> None:
    order = delivered_order()
    advance(days=3)
    sweep()
    seller = again(order).seller
    assert seller is not None
    assert seller.loyalty_account is not None
    for message in ("label", "gift_card_ready"):
        [letter] = letters(message)
        assert letter.recipient == seller.loyalty_account.email
    assert letters("label")[0].attachment_name == "shipping-label.pdf"


@pytest.mark.rule("MK-54")
def test_the_seller_is_asked_to_ship_by_usps_within_three_business_days_of_the_order(
    app: Flask, clock_at: ClockAt
) -> None:
    clock_at(datetime(2026, 11, 2, 17, 0, tzinfo=UTC))
    order = labelled_order()
    [letter] = letters("label")
    assert "Hand the parcel over by Thu, Nov 5, 11:59 PM EST" in " ".join(letter.text.split())
    [parcel] = db.session.scalars(sa.select(Parcel).where(Parcel.order_id == order.id))
    assert parcel.carrier.upper() == "USPS"
    assert letter.attachment == parcel.label_pdf
