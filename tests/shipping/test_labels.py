"""Buying labels through the outbox, once; what they cost; giving them back."""

from __future__ import annotations

import io
from datetime import timedelta

import pypdfium2
import pytest
import sqlalchemy as sa
import zxingcpp

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.events import SYSTEM, history
from marketplace.jobs import outbox
from marketplace.jobs.alarms import Alarm, AlarmKind
from marketplace.jobs.outbox import OutboxState
from marketplace.ledger import Account, balance
from marketplace.orders.models import Order
from marketplace.orders.states import OrderState
from marketplace.shipping import parcels, sandbox
from marketplace.shipping.models import AddressIsFixed, CannotCancelParcel, Parcel, ParcelState
from marketplace.shipping.postal import PostalAddress
from marketplace.shipping.sandbox_books import SandboxParcel
from tests.books import assert_books_balance
from tests.shipping.sales import SHIP_FROM, SHIP_TO, labelled_order, parcel_of, sold_order, sweep, travel


def _labels_sold() -> int:
    sold = sa.select(sa.func.count()).select_from(SandboxParcel).where(SandboxParcel.tracking_number.is_not(None))
    return db.session.scalar(sold) or 0


def _postage(order: Order) -> int:
    return balance(Account.POSTAGE, "USD", order_id=order.id).minor


def _carrier_payable(order: Order) -> int:
    return balance(Account.CARRIER_PAYABLE, "USD", order_id=order.id).minor


@pytest.mark.rule("MK-34", "MK-37")
def test_a_paid_order_gets_one_prepaid_label_at_the_houses_cost(app) -> None:
    order = labelled_order()
    parcel = parcel_of(order)
    assert parcel.state is ParcelState.LABEL_BOUGHT
    assert parcel.label_pdf is not None
    assert parcel.label_pdf.startswith(b"%PDF")
    assert (_labels_sold(), _postage(order), _carrier_payable(order)) == (1, sandbox.PRICE_MINOR, -sandbox.PRICE_MINOR)
    assert balance(Account.ESCROW, "USD", order_id=order.id).minor == -order.total.minor
    assert order.state is OrderState.LABEL_ISSUED
    assert_books_balance(app)


@pytest.mark.rule("MK-34", "MK-53")
def test_the_label_names_both_ends_and_its_codes_are_the_tracking_number(app) -> None:
    parcel = parcel_of(labelled_order())
    page = pypdfium2.PdfDocument(io.BytesIO(parcel.label_pdf or b""))[0]
    words = page.get_textpage().get_text_bounded()
    for text in ("Ada Seller", "77 Secret Garden Way", "Portland, OR 97201", "350 Fifth Avenue", "New York, NY 10118"):
        assert text in words
    codes = {code.format.name: code.text for code in zxingcpp.read_barcodes(page.render(scale=3).to_pil())}
    assert codes == {"Code128": parcel.tracking_number, "QRCode": parcel.tracking_url}


def test_the_label_is_in_no_row_of_the_outbox(app) -> None:
    parcel = parcel_of(labelled_order())
    (row,) = outbox.rows_of(parcel, parcels.LABEL)
    assert row.state is OutboxState.DONE
    assert row.sealed is None
    assert set(row.answer or {}) == {
        "carrier", "service", "tracking_number", "tracking_url", "provider_ref", "cost_minor", "currency",
    }  # fmt: skip


def test_asking_twice_is_the_same_parcel_and_label(app) -> None:
    order = sold_order()
    with unit_of_work():
        again = parcels.request_label(
            order_id=order.id, order_number=order.number, ship_from=SHIP_FROM, ship_to=SHIP_TO, at=clock.now()
        )
        assert again.id == parcel_of(order).id
    sweep()
    assert (len(outbox.rows_of(again)), _labels_sold()) == (1, 1)


@pytest.mark.fault("L10")
@pytest.mark.parametrize("when", ["while it is bought", "once it is bought"])
def test_another_address_is_refused_from_the_moment_a_label_is_asked_for(app, when: str) -> None:
    order = labelled_order() if when == "once it is bought" else sold_order()
    before = (parcel_of(order).ship_to, parcel_of(order).state, len(outbox.rows_of(parcel_of(order))))
    elsewhere = {**SHIP_TO, "line1": "1 Other Street"}
    with pytest.raises(AddressIsFixed), unit_of_work():
        parcels.request_label(
            order_id=order.id, order_number=order.number, ship_from=SHIP_FROM, ship_to=elsewhere, at=clock.now()
        )
    with pytest.raises(AddressIsFixed), unit_of_work():
        parcels.correct_address(parcel_of(order), by=SYSTEM, at=clock.now(), ship_to=PostalAddress.of(elsewhere))
    parcel = parcel_of(order)
    assert (parcel.ship_to, parcel.state, len(outbox.rows_of(parcel))) == before
    sweep()
    assert _labels_sold() == 1
    assert_books_balance(app)


def test_a_refused_label_goes_to_the_desk_and_another_address_mends_it(app) -> None:
    order = labelled_order(street="5 No Label Lane")
    parcel = parcel_of(order)
    assert (parcel.state, order.state, _labels_sold(), _postage(order)) == (
        ParcelState.LABEL_REFUSED, OrderState.PAID, 0, 0,
    )  # fmt: skip
    assert db.session.scalars(sa.select(Alarm.kind)).all() == [AlarmKind.LABEL_LATE]
    with unit_of_work():
        mended = PostalAddress.of({**SHIP_TO, "line1": "6 Label Lane"})
        parcels.correct_address(parcel_of(order), by=SYSTEM, at=clock.now(), ship_to=mended)
    sweep()
    assert parcel_of(order).state is ParcelState.LABEL_BOUGHT
    assert parcel_of(order).ship_to["line1"] == "6 Label Lane"
    assert (_labels_sold(), _postage(order)) == (1, sandbox.PRICE_MINOR)


@pytest.fixture
def patient(app, monkeypatch: pytest.MonkeyPatch):
    """Let the outbox try again without waiting."""
    monkeypatch.setattr(outbox, "PAUSES", [timedelta(0)] * 6)


def test_a_label_whose_answer_was_lost_is_found_and_not_bought_again(app, patient) -> None:
    order = labelled_order(street="9 Lost Answer Lane")
    (row,) = outbox.rows_of(parcel_of(order), parcels.LABEL)
    (sold,) = db.session.scalars(sa.select(SandboxParcel)).all()
    assert (row.state, row.attempts, sold.times_asked) == (OutboxState.DONE, 2, 1)
    assert parcel_of(order).tracking_number == sold.tracking_number
    assert_books_balance(app)


def test_control_without_looking_up_the_carrier_is_asked_to_sell_again(app, patient, monkeypatch) -> None:
    monkeypatch.setattr(sandbox.SandboxCarrier, "look_up_label", lambda *_: None)
    labelled_order(street="9 Lost Answer Lane")
    assert db.session.scalars(sa.select(SandboxParcel.times_asked)).all() == [2]


def test_a_busy_carrier_is_asked_until_it_serves(app, patient) -> None:
    order = labelled_order(from_street="3 Busy Carrier Road")
    (row,) = outbox.rows_of(parcel_of(order), parcels.LABEL)
    assert (row.state, row.attempts, _labels_sold()) == (OutboxState.DONE, sandbox.BUSY_FOR + 1, 1)


# Giving up -----------------------------------------------------------------------------------------------------------


def _cancel(order: Order) -> None:
    with unit_of_work():
        parcels.cancel_parcels_of(order.id, by=SYSTEM, at=clock.now())


def test_a_cancelled_parcel_gives_its_label_back(app) -> None:
    order = labelled_order()
    _cancel(order)
    sweep()
    (sold,) = db.session.scalars(sa.select(SandboxParcel)).all()
    assert parcel_of(order).state is ParcelState.CANCELLED
    assert sold.voided_at is not None
    assert (_postage(order), _carrier_payable(order)) == (0, 0)
    assert_books_balance(app)


def test_a_parcel_cancelled_before_its_label_is_bought_buys_none(app) -> None:
    order = sold_order()
    _cancel(order)
    sweep()
    assert (parcel_of(order).state, _labels_sold(), _postage(order)) == (ParcelState.CANCELLED, 0, 0)


def test_a_label_bought_while_its_parcel_was_cancelled_goes_straight_back(app, monkeypatch) -> None:
    order = sold_order()
    buy = sandbox.SandboxCarrier.buy_label

    def buy_slowly(carrier, request, key):
        answer = buy(carrier, request, key)
        _cancel(order)
        return answer

    monkeypatch.setattr(sandbox.SandboxCarrier, "buy_label", buy_slowly)
    sweep()
    (sold,) = db.session.scalars(sa.select(SandboxParcel)).all()
    assert (parcel_of(order).state, parcel_of(order).tracking_number) == (ParcelState.CANCELLED, sold.tracking_number)
    assert sold.voided_at is not None
    assert _postage(order) == 0
    assert_books_balance(app)


@pytest.mark.fault("L09")
def test_a_scanned_parcel_cannot_be_cancelled(app) -> None:
    order = labelled_order()
    travel(order, "scan")
    with pytest.raises(CannotCancelParcel):
        _cancel(order)
    assert parcel_of(order).state is ParcelState.IN_TRANSIT
    assert outbox.rows_of(parcel_of(order), parcels.VOID_LABEL) == []
    assert _postage(order) == sandbox.PRICE_MINOR
    assert_books_balance(app)


@pytest.mark.fault("L09")
def test_a_label_used_before_the_carrier_heard_of_its_cancellation_stays_paid(app) -> None:
    order = labelled_order()
    travel(order, "scan", told=False)
    _cancel(order)
    sweep()
    (row,) = outbox.rows_of(parcel_of(order), parcels.VOID_LABEL)
    assert row.state is OutboxState.REFUSED
    assert _postage(order) == sandbox.PRICE_MINOR
    assert [event.action for event in history(parcel_of(order))][-1] == "void_label_refused"
    assert_books_balance(app)


def test_every_parcel_of_the_tests_is_a_real_row(app) -> None:
    labelled_order()
    labelled_order(supply=True)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Parcel)) == 2
    senders = {parcel.ship_from["city"] for parcel in db.session.scalars(sa.select(Parcel))}
    assert len(senders) == 2  # the brand's own pieces leave from its warehouse
