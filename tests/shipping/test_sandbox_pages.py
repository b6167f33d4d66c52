"""The sandbox carrier's pages, as a person clicks them: what they do reaches the shop through its webhook alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from marketplace import clock
from marketplace.database import db
from marketplace.jobs.inbox import InboxRow
from marketplace.orders.models import Order
from marketplace.orders.states import OrderState
from marketplace.shipping import sandbox, sandbox_tracking
from marketplace.shipping.carrier import LabelAnswer
from marketplace.shipping.models import ParcelState, TrackingEvent
from marketplace.shipping.postal import PostalAddress
from marketplace.shipping.sandbox_books import SandboxParcel, SandboxScan
from tests.shipping.rigs import REQUEST
from tests.shipping.sales import ask_now, labelled_order, parcel_of, sandbox_parcel, sweep
from tests.web import Browser, find_form, page, post_form

Click = Callable[..., TestResponse]


@pytest.fixture
def order(app) -> Order:
    return labelled_order()


@pytest.fixture
def click(client: Browser, order: Order) -> Click:
    def press(action: str | None, **more: Any) -> TestResponse:
        path = f"/sandbox/parcels/{parcel_of(order).tracking_number}"
        answer = post_form(client, path, "parcel", action=action, **more)
        sweep()
        return answer

    return press


def _state(order: Order) -> OrderState:
    return db.session.get_one(Order, order.id, populate_existing=True).state


def _webhooks() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(InboxRow).where(InboxRow.source == "shippo")) or 0


@pytest.mark.parametrize(
    ("actions", "parcel_state", "order_state"),
    [
        (["scan"], ParcelState.IN_TRANSIT, OrderState.IN_TRANSIT),
        (["scan", "move", "move"], ParcelState.IN_TRANSIT, OrderState.IN_TRANSIT),
        (["scan", "deliver"], ParcelState.DELIVERED, OrderState.DELIVERED),
        (["scan", "fail"], ParcelState.IN_TRANSIT, OrderState.IN_TRANSIT),
        (["scan", "return"], ParcelState.RETURNED, OrderState.REFUNDED),
        (["scan", "lose"], ParcelState.IN_TRANSIT, OrderState.IN_TRANSIT),
        (["scan", "lose", "deliver"], ParcelState.DELIVERED, OrderState.DELIVERED),
    ],
)
def test_each_button_does_what_it_says(click: Click, order: Order, actions, parcel_state, order_state) -> None:
    for action in actions:
        assert click(action).status_code == 303
    assert (parcel_of(order).state, _state(order)) == (parcel_state, order_state)


def test_the_page_says_where_the_parcel_stands(client: Browser, click: Click, order: Order) -> None:
    click("scan")
    click("move")
    shown = page(client.get(f"/sandbox/parcels/{parcel_of(order).tracking_number}"))
    assert shown.main["data-id"] == parcel_of(order).tracking_number
    assert shown.main["data-state"] == "transit"
    assert shown.h1.get_text(strip=True) == "Left a sorting center."
    rows = [[cell.get_text(strip=True) for cell in row.find_all("td")][1:] for row in shown.select("tbody tr")]
    assert rows[1:] == [
        ["Portland, OR", "Accepted at the post office."],
        ["Portland, OR", "The label has been made. The carrier awaits the parcel."],
    ]
    assert not any(private in shown.get_text() for private in ("Grace", "Ada", "Fifth", "Garden"))


def test_a_quiet_carrier_tells_nobody_until_it_is_asked(client: Browser, click: Click, order: Order) -> None:
    click("scan")
    heard = _webhooks()
    path = click("deliver", quiet="y").headers["Location"]
    assert "The shop was not told." in page(client.get(path)).get_text()
    assert (_webhooks(), _state(order)) == (heard, OrderState.IN_TRANSIT)
    assert ask_now() == 1
    assert _state(order) is OrderState.DELIVERED


def test_the_last_webhook_can_be_sent_again(click: Click, order: Order) -> None:
    click("scan")
    heard, kept = _webhooks(), _kept()
    click("repeat")
    assert (_webhooks(), _kept()) == (heard, kept)
    click("deliver", quiet="y")
    click("repeat")
    assert _state(order) is OrderState.DELIVERED


def _kept() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(TrackingEvent)) or 0


def test_the_carriers_own_time_may_lie_back(click: Click, order: Order) -> None:
    click("deliver", hours_ago="30")
    scan = sandbox_parcel(order).scans[-1]
    assert (clock.now() - scan.scanned_at).total_seconds() == 30 * 3600
    assert db.session.get_one(Order, order.id, populate_existing=True).delivered_at == clock.now()


@pytest.mark.parametrize("more", [{"action": "explode"}, {"action": None}, {"action": "scan", "hours_ago": "-1"}])
def test_what_is_no_button_is_refused_and_nothing_happens(click: Click, order: Order, more) -> None:
    before = (len(sandbox_parcel(order).scans), _webhooks())
    answer = click(**more)
    assert answer.status_code == 422
    assert page(answer).find(class_="error-summary")
    assert (len(sandbox_parcel(order).scans), _webhooks()) == before


def test_a_form_without_its_token_is_refused(client: Browser, order: Order) -> None:
    path = f"/sandbox/parcels/{parcel_of(order).tracking_number}"
    assert client.post(path, data={"action": "deliver"}).status_code in (400, 419)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SandboxScan)) == 1


def test_every_parcel_can_be_found(client: Browser, order: Order) -> None:
    listed = page(client.get("/sandbox/parcels"))
    (link,) = listed.select("tbody a")
    assert link["href"] == f"/sandbox/parcels/{parcel_of(order).tracking_number}"
    assert order.number in listed.get_text()
    find_form(client.get(link["href"]), "parcel")


@pytest.mark.parametrize("number", ["9400100000000000000001", "x", "%F0%9F%93%A6"])
def test_an_unknown_number_is_not_there(client: Browser, number: str) -> None:
    assert client.get(f"/sandbox/parcels/{number}").status_code == 404


@pytest.mark.parametrize(("serial", "check"), [("47312482", 9), ("00000000", 5), ("00001010", 0), ("00000005", 9)])
def test_the_check_digit_is_the_postal_unions(serial: str, check: int) -> None:
    assert sandbox.s10_check_digit(serial) == check


def test_a_number_looks_like_one_of_the_senders_country(app: Flask) -> None:
    """And no sorting centre of another country is named on the way."""
    carrier = sandbox.SandboxCarrier()
    for country, looks in (("US", r"94001\d{17}"), ("GB", r"RR\d{9}GB"), ("FR", r"RR\d{9}FR"), ("ZA", r"RR\d{9}ZA")):
        home = PostalAddress("Ada Quill", "1 High Street", "Town", country, "1000", country=country)
        request = replace(REQUEST, ship_from=home, ship_to=home)
        label = carrier.buy_label(request, f"parcel-{country}")
        assert isinstance(label, LabelAnswer) and re.fullmatch(looks, label.tracking_number)
        parcel = db.session.scalars(sa.select(SandboxParcel).filter_by(tracking_number=label.tracking_number)).one()
        sandbox_tracking.add_scan(parcel, "move", at=clock.now())
        told = sandbox_tracking.track_object(parcel)
        assert {status["location"]["country"] for status in told["tracking_history"]} == {country}
        assert (told["tracking_history"][-1]["location"]["city"] == "") is (country != "US")
