"""The way of an order on its pages: what was, what is, what to expect when; no more than each side needs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.events import SYSTEM
from marketplace.orders import refunding
from marketplace.orders.models import Order
from marketplace.orders.refunding import EndReason
from marketplace.orders.timeline import TimelineStep, tracking_timeline
from tests.orders.stories import again, confirm, contest, delivered_order
from tests.shipping.sales import labelled_order, parcel_of, sold_order, sweep, travel
from tests.web import Browser, page


def _said(steps: list[TimelineStep]) -> list[tuple[str, str]]:
    return [(step.title, step.state) for step in steps]


def _step(order: Order, title: str, *, for_seller: bool = False) -> TimelineStep:
    (step,) = [s for s in tracking_timeline(again(order), for_seller=for_seller) if s.title == title]
    return step


def test_a_paid_order_waits_for_its_label(app) -> None:
    assert _said(tracking_timeline(again(sold_order()))) == [
        ("Paid", "now"),
        ("Prepaid label sent to the seller", "future"),
        ("On its way", "future"),
        ("Delivered", "future"),
        ("You confirm, or stay silent", "future"),
    ]


@pytest.mark.rule("GAP-01")
def test_both_sides_see_the_same_ship_by_moment(app) -> None:
    order = labelled_order()
    ship_by_at = again(order).ship_by_at
    assert ship_by_at is not None
    assert _step(order, "On its way").expected == ship_by_at
    assert _step(order, "Handed to the carrier", for_seller=True).expected == ship_by_at


@pytest.mark.rule("MK-55")
def test_a_parcel_on_its_way_has_number_last_scan_and_expected_day(app) -> None:
    order = labelled_order()
    travel(order, "scan")
    travel(order, "move")
    steps = tracking_timeline(again(order))
    assert _said(steps)[1:4] == [
        ("Prepaid label sent to the seller", "done"),
        ("On its way", "now"),
        ("Delivered", "future"),
    ]
    link, parcel = steps[2].link, parcel_of(order)
    assert link is not None
    assert (link.label, link.href) == (parcel.tracking_number, parcel.tracking_url)
    assert steps[2].note == "Left a sorting center. Kearny, NJ"
    assert steps[3].expected == clock.now() + timedelta(days=5)
    assert steps[3].note == "Usually 3 to 5 days after it is handed over."


def test_delivered_waits_for_the_buyer_until_the_window_closes(app) -> None:
    order = delivered_order()
    assert _said(tracking_timeline(again(order)))[-2:] == [
        ("Delivered", "now"),
        ("You confirm, or stay silent", "future"),
    ]
    assert _step(order, "You confirm, or stay silent").expected == clock.now() + timedelta(hours=72)
    assert _step(order, "Gift card released", for_seller=True).expected == clock.now() + timedelta(hours=72)


def test_a_settled_order_is_done_from_end_to_end(app) -> None:
    order = delivered_order()
    confirm(order)
    assert {step.state for step in tracking_timeline(again(order))} == {"done"}
    assert tracking_timeline(again(order))[-1].title == "You confirmed"
    assert [step.title for step in tracking_timeline(again(order), for_seller=True)][-2:] == [
        "Confirmed by the buyer",
        "Gift card released",
    ]


def test_confirmed_before_any_delivery_scan_leaves_that_step_out(app) -> None:
    order = labelled_order()
    travel(order, "scan")
    confirm(order)
    assert [step.title for step in tracking_timeline(again(order))] == [
        "Paid", "Prepaid label sent to the seller", "On its way", "You confirmed",
    ]  # fmt: skip


def test_silence_is_called_silence(app, advance) -> None:
    order = delivered_order()
    advance(hours=73)
    sweep()
    assert tracking_timeline(again(order))[-1].title == "Confirmed by silence"


@pytest.mark.parametrize(
    ("reason", "title"),
    [
        (EndReason.NOT_SHIPPED, "Not handed over in time"),
        (EndReason.SELLER_CANCELLED, "Cancelled by the seller"),
        (EndReason.DESK_CANCELLED, "Cancelled by us"),
        (EndReason.DISPUTE, "Decided: refund in full"),
    ],
)
def test_a_cancelled_order_says_why_and_that_the_money_is_back(app, reason: EndReason, title: str) -> None:
    order = labelled_order()
    with unit_of_work():
        refunding.cancel(again(order), reason=reason, by=SYSTEM, at=clock.now())
    assert _said(tracking_timeline(again(order)))[-2:] == [(title, "problem"), ("Refunded in full", "done")]


def test_a_returned_parcel_and_a_reported_problem_are_problems(app) -> None:
    back, contested = labelled_order(), delivered_order()
    travel(back, "scan")
    travel(back, "return")
    contest(contested)
    assert _said(tracking_timeline(again(back)))[-2][0] == "Returned to its sender"
    assert _said(tracking_timeline(again(contested)))[-1] == ("Problem reported", "problem")


def test_each_side_sees_only_what_it_needs_of_the_other(client: Browser) -> None:
    order = labelled_order()
    travel(order, "scan")
    order = db.session.get_one(Order, order.id)
    assert order.seller is not None
    client.sign_in_as(order.buyer)
    buyers = page(client.get(f"/orders/{order.number}")).get_text(" ", strip=True)
    assert str(parcel_of(order).tracking_number) in buyers
    assert "Accepted at the post office." in buyers
    for private in ("Ada Seller", "Secret Garden", "Portland", "97201", order.seller.email):
        assert private not in buyers
    client.sign_in_as(order.seller)
    sellers = page(client.get(f"/sell/sales/{order.number}")).get_text(" ", strip=True)
    assert str(parcel_of(order).tracking_number) in sellers
    for private in ("Grace Buyer", "Fifth Avenue", "10118", order.buyer.email):
        assert private not in sellers


def test_a_sale_says_when_it_is_paid_only_while_nothing_stops_it(client: Browser) -> None:
    order = delivered_order()
    assert order.seller is not None
    client.sign_in_as(order.seller)

    def said() -> str:
        return page(client.get(f"/sell/sales/{order.number}")).get_text(" ", strip=True)

    assert "Released when the buyer confirms" in said()
    contest(order)
    assert "Released" not in said()
    with unit_of_work():
        refunding.refund_contested(again(order), by=SYSTEM, at=clock.now())
    assert "Released" not in said()
