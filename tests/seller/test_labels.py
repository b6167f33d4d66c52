"""The prepaid label over HTTP: for whoever packs the parcel, and nobody else."""

from __future__ import annotations

import io

import pypdfium2
import pytest
import zxingcpp

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.events import SYSTEM
from marketplace.orders.models import Order
from marketplace.people.models import Person, Role
from marketplace.shipping import parcels
from tests.accounts import an_account
from tests.shipping.sales import labelled_order, parcel_of, sold_order, sweep
from tests.web import Browser


def _path(order: Order) -> str:
    return f"/sell/sales/{order.number}/label.pdf"


def _seller(order: Order) -> Person:
    seller = db.session.get_one(Order, order.id).seller
    assert seller is not None
    return seller


@pytest.mark.rule("MK-34")
@pytest.mark.fault("X16")
def test_the_seller_downloads_the_label_and_its_barcode_is_the_tracking_number(client: Browser) -> None:
    order = labelled_order()
    client.sign_in_as(_seller(order))
    answer = client.get(_path(order))
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="shipping-label.pdf"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    (page,) = pypdfium2.PdfDocument(io.BytesIO(answer.data))
    assert page.get_size() == (4 * 72, 6 * 72)
    codes = {code.format.name: code.text for code in zxingcpp.read_barcodes(page.render(scale=3).to_pil())}
    parcel = parcel_of(order)
    assert codes == {"Code128": parcel.tracking_number, "QRCode": parcel.tracking_url}


@pytest.mark.fault("P04")
@pytest.mark.parametrize("method", ["get", "head", "options", "post", "put", "delete"])
def test_to_everybody_else_there_is_no_label(client: Browser, method: str) -> None:
    order, other = labelled_order(), labelled_order()
    for stranger in (db.session.get_one(Order, order.id).buyer, _seller(other), an_account()):
        client.sign_in_as(stranger)
        answer = getattr(client, method)(_path(order))
        assert answer.status_code in ({404} if method in ("get", "head") else {200, 400, 404, 405, 419})
        assert b"%PDF" not in answer.data


def test_whoever_follows_the_letter_without_being_signed_in_is_asked_to_and_comes_back(client: Browser) -> None:
    order = labelled_order()
    for path in (_path(order), "/sell/sales/R00000000/label.pdf"):  # there or not, the same
        answer = client.get(path)
        assert (answer.status_code, answer.location) == (303, f"/sign-in?next={path}")


@pytest.mark.parametrize(
    ("roles", "supply", "status"),
    [
        ([Role.AGENT], False, 200),
        ([Role.MANAGER], False, 200),
        ([Role.WAREHOUSE], True, 200),
        ([Role.WAREHOUSE], False, 404),
        ([Role.REVIEWER], True, 404),
    ],
)
def test_staff_see_a_label_where_their_work_needs_it(client: Browser, roles, supply: bool, status: int) -> None:
    order = labelled_order(supply=supply)
    client.sign_in_as(an_account(roles=roles))
    assert client.get(_path(order)).status_code == status


@pytest.mark.fault("P10")
def test_staff_without_the_second_factor_see_none(client: Browser) -> None:
    order = labelled_order(supply=True)
    client.sign_in_as(an_account(roles=[Role.WAREHOUSE]), second_factor=False)
    assert client.get(_path(order)).status_code == 404


def test_there_is_none_before_it_is_bought_and_after_it_was_given_back(client: Browser) -> None:
    order = sold_order()
    client.sign_in_as(_seller(order))
    assert client.get(_path(order)).status_code == 404
    sweep()
    assert client.get(_path(order)).status_code == 200
    with unit_of_work():
        parcels.cancel_parcels_of(order.id, by=SYSTEM, at=clock.now())
    assert client.get(_path(order)).status_code == 404


@pytest.mark.fault("X13")
@pytest.mark.parametrize("number", ["..", "..%2F..%2Fetc%2Fpasswd", "R00000000", "%00", "' OR 1=1 --", "a" * 3000])
def test_a_number_that_is_none_leads_nowhere(client: Browser, number: str) -> None:
    client.sign_in_as(_seller(labelled_order()))
    assert client.get(f"/sell/sales/{number}/label.pdf").status_code in (400, 404)
