"""The carrier is asked about an address too: before paying, and never at the cost of a sale."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from marketplace.database import db
from marketplace.jobs.outbox import OutcomeUnknown
from marketplace.orders.models import Checkout
from marketplace.people.models import Address
from marketplace.shipping.sandbox import SandboxCarrier
from tests.shopping import ADDRESS, live_listing, member, put_in_bag
from tests.web import Browser, page, post_form

NOWHERE = {"line1": "1 Nowhere Street"}


def _count(model: type) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_a_street_the_carrier_does_not_know_is_said_beside_its_field(app, client: Browser) -> None:
    put_in_bag(client, live_listing())
    answer = post_form(client, "/checkout", "checkout", **{**ADDRESS, **NOWHERE})
    assert answer.status_code == 422
    shown = page(answer)
    assert "The carrier does not know this street." in shown.find(id="line1-error").get_text()
    assert shown.find(id="line1")["value"] == NOWHERE["line1"]
    assert _count(Checkout) == 0


def test_a_seller_is_told_the_same(app, client: Browser) -> None:
    client.sign_in_as(member())
    sent = {key: value for key, value in ADDRESS.items() if key != "email"} | NOWHERE
    answer = post_form(client, "/account/address", "ship-from", **sent)
    assert answer.status_code == 422
    assert "The carrier does not know this street." in page(answer).get_text()
    assert _count(Address) == 0


def test_a_carrier_that_does_not_answer_stops_no_sale(app, client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise OutcomeUnknown("no answer")

    put_in_bag(client, live_listing())
    monkeypatch.setattr(SandboxCarrier, "check_address", away)
    assert post_form(client, "/checkout", "checkout", **{**ADDRESS, **NOWHERE}).status_code == 303
    assert _count(Checkout) == 1
