"""A label of Shippo's after it is bought: on its way, and given back; what is told of others is let go."""

from __future__ import annotations

import pytest

from marketplace import clock
from marketplace.database import unit_of_work
from marketplace.events import SYSTEM, history
from marketplace.jobs import outbox
from marketplace.jobs.outbox import NotDone, OutboxState
from marketplace.ledger import Account, balance
from marketplace.orders.models import Order
from marketplace.orders.states import OrderState
from marketplace.shipping import parcels, voids
from marketplace.shipping.carrier import CarrierRefusal, LabelAnswer
from marketplace.shipping.models import CannotCancelParcel, ParcelState, TrackingStatus
from tests.books import assert_books_balance
from tests.doubles.faults import Fault, fail_after_work, lose_answer, refuse
from tests.shipping.rigs import REQUEST
from tests.shipping.sales import ask_now, hear, labelled_order, parcel_of, sweep

KEY = "parcel-R12345678-1"
PRICE = 815


def _number(order: Order) -> str:
    number = parcel_of(order).tracking_number
    assert number is not None
    return number


def _owed(order: Order) -> int:
    return -balance(Account.CARRIER_PAYABLE, "USD", order_id=order.id).minor


def _give_back(order: Order) -> None:
    with unit_of_work():
        parcels.cancel_parcels_of(order.id, by=SYSTEM, at=clock.now())
    sweep()


def _actions(order: Order) -> list[str]:
    return [event.action for event in history(parcel_of(order))]


# On its way ----------------------------------------------------------------------------------------------------------


def test_a_sale_travels_on_the_webhooks_of_shippo(app, shippo) -> None:
    order = labelled_order()
    assert hear(shippo.travel(_number(order), "TRANSIT", hours_ago=30)) == 200
    assert (parcel_of(order).state, order.state) == (ParcelState.IN_TRANSIT, OrderState.IN_TRANSIT)
    assert hear(shippo.travel(_number(order), "DELIVERED")) == 200
    assert (parcel_of(order).state, order.state) == (ParcelState.DELIVERED, OrderState.DELIVERED)
    assert_books_balance(app, labels=lambda: shippo.labels)


@pytest.mark.fault("L05")
def test_what_was_never_told_is_found_by_asking_shippo(app, shippo) -> None:
    order = labelled_order()
    shippo.travel(_number(order), "TRANSIT", hours_ago=30)
    shippo.travel(_number(order), "DELIVERED")
    assert ask_now() == 1
    assert (parcel_of(order).state, order.state) == (ParcelState.DELIVERED, OrderState.DELIVERED)
    assert_books_balance(app, labels=lambda: shippo.labels)


@pytest.mark.fault("L04")
def test_webhooks_in_the_wrong_order_and_twice_lead_to_the_same_place(app, shippo) -> None:
    order = labelled_order()
    earlier = shippo.travel(_number(order), "TRANSIT", hours_ago=30)
    later = shippo.travel(_number(order), "DELIVERED")
    for body in (later, earlier, later, earlier):
        assert hear(body) == 200
    assert (parcel_of(order).state, order.state) == (ParcelState.DELIVERED, OrderState.DELIVERED)
    assert _actions(order).count("deliver") == 1


@pytest.mark.fault("L07")
def test_an_answer_about_another_parcel_moves_nothing(app, shippo, caplog) -> None:
    order, other = labelled_order(), labelled_order()
    shippo.travel(_number(other), "DELIVERED")
    with shippo.lock:
        foreign = shippo._track(shippo.parcels[_number(other)])
    shippo.always("get_track", refuse(200, foreign))
    ask_now()
    assert parcel_of(order).state is ParcelState.LABEL_BOUGHT
    assert "tracking of a parcel that was not asked about" in caplog.text


@pytest.mark.parametrize(
    "trouble", [refuse(503), Fault(status=200, body="<html>", reply="lie"), lose_answer()], ids=["503", "html", "lost"]
)
def test_a_question_without_an_answer_is_asked_again(shippo, carrier, trouble: Fault) -> None:
    label = carrier.buy_label(REQUEST, KEY)
    assert isinstance(label, LabelAnswer)
    shippo.plan("get_track", trouble)
    with pytest.raises(NotDone):
        carrier.track("usps", label.tracking_number)
    assert [report.status for report in carrier.track("usps", label.tracking_number)] == [TrackingStatus.PRE_TRANSIT]


# Given back ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", [lose_answer(), fail_after_work(500)], ids=["reset", "500"])
def test_a_label_is_given_back_once_though_the_answer_is_lost(app, shippo, trouble: Fault) -> None:
    order = labelled_order()
    shippo.plan("create_refund", trouble)
    _give_back(order)
    assert (len(shippo.refunds), _owed(order), shippo.count("create_refund")) == (1, 0, 1)
    assert_books_balance(app, labels=lambda: shippo.labels)


@pytest.mark.fault("L09")
def test_a_label_scanned_before_it_was_given_back_stays_paid(app, shippo) -> None:
    order = labelled_order()
    shippo.travel(_number(order), "TRANSIT")  # nobody told us
    _give_back(order)
    (row,) = outbox.rows_of(parcel_of(order), parcels.VOID_LABEL)
    assert (row.state, _owed(order), _actions(order)[-1]) == (OutboxState.REFUSED, PRICE, "void_label_refused")
    assert_books_balance(app, labels=lambda: shippo.labels)


@pytest.mark.fault("L09")
def test_a_scanned_parcel_is_not_given_back_at_all(app, shippo) -> None:
    order = labelled_order()
    hear(shippo.travel(_number(order), "TRANSIT"))
    with pytest.raises(CannotCancelParcel), unit_of_work():
        parcels.cancel_parcels_of(order.id, by=SYSTEM, at=clock.now())
    assert (shippo.refunds, _owed(order)) == ({}, PRICE)
    assert_books_balance(app, labels=lambda: shippo.labels)


@pytest.mark.fault("L09")
@pytest.mark.parametrize(("used", "owed", "last"), [(False, 0, "void_label"), (True, PRICE, "void_label_refused")])
def test_a_carrier_that_looks_for_days_is_asked_until_it_decides(
    app, shippo, advance, used: bool, owed: int, last: str
) -> None:
    shippo.refunds_take_days = True
    order = labelled_order()
    if used:
        shippo.travel(_number(order), "TRANSIT")
    _give_back(order)
    for _day in range(2):  # still owed, whatever the question finds
        assert _owed(order) == PRICE
        advance(days=1, hours=1)
        sweep()
    shippo.decide_refunds()
    advance(days=1, hours=1)
    sweep()
    assert (_owed(order), last in _actions(order)) == (owed, True)
    assert len(outbox.rows_of(parcel_of(order), voids.CHECK_VOID)) == 3
    assert shippo.count("create_refund") == 1
    assert_books_balance(app, labels=lambda: shippo.labels)


def test_a_carrier_that_never_decides_has_said_no(app, shippo, advance) -> None:
    shippo.refunds_take_days = True
    order = labelled_order()
    _give_back(order)
    advance(days=46)
    sweep()
    assert (_owed(order), _actions(order)[-1]) == (PRICE, "void_label_refused")
    asked = len(outbox.rows_of(parcel_of(order), voids.CHECK_VOID))
    advance(days=5)
    sweep()
    assert len(outbox.rows_of(parcel_of(order), voids.CHECK_VOID)) == asked


def test_an_old_refund_is_known_by_its_transaction(shippo, carrier) -> None:
    label = carrier.buy_label(REQUEST, KEY)
    assert isinstance(label, LabelAnswer)
    carrier.cancel_label(label.provider_ref, "void-1")
    shippo.refunds.clear()  # it has left the list's first page
    found = carrier.look_up_cancellation(label.provider_ref, "void-1")
    assert found is not None
    assert not isinstance(found, CarrierRefusal)


def test_a_label_shippo_does_not_know_is_refused_with_its_words(shippo, carrier) -> None:
    label = carrier.buy_label(REQUEST, KEY)
    assert isinstance(label, LabelAnswer)
    shippo.plan("create_refund", refuse(400, {"transaction": ["Too old."]}))
    assert carrier.cancel_label(label.provider_ref, "void-1") == CarrierRefusal("used", "400 Too old.")
