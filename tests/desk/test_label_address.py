"""A label the carrier refused: the desk corrects an address; a label that stands keeps the address it has."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from marketplace.database import unit_of_work
from marketplace.orders.models import Order
from marketplace.people.models import Person, Role
from marketplace.shipping.models import ParcelState
from tests.accounts import an_account
from tests.books import assert_books_balance
from tests.shipping.sales import labelled_order, parcel_of, sweep
from tests.shopping import words_of
from tests.web import Browser, post_form

REFUSED = "5 No Label Lane"


@pytest.fixture
def agent(app: Flask, client: Browser) -> Person:
    agent = an_account(name="Rene Desk", roles=[Role.AGENT])
    client.sign_in_as(agent)
    return agent


def correct(desk: Browser, order: Order, end: str = "to", **fields: str) -> Any:
    typed = {"reason": "She wrote to us", **fields}
    return post_form(desk, f"/desk/orders/{order.number}/address/{end}", "correct-address", **typed)


@pytest.mark.fault("L10")
@pytest.mark.parametrize("end", ["to", "from"])
def test_a_corrected_address_gets_its_label(app: Flask, client: Browser, agent: Person, end: str) -> None:
    order = labelled_order(**{"street" if end == "to" else "from_street": REFUSED})
    page = client.get(f"/desk/orders/{order.number}")
    assert f"/desk/orders/{order.number}/address/{end}" in page.get_data(as_text=True)
    assert "label" in words_of(client.get(f"/desk/orders/{order.number}/address/{end}"))
    assert correct(client, order, end, line1="6 Label Lane").status_code == 303
    sweep()
    parcel = parcel_of(order)
    assert parcel.state is ParcelState.LABEL_BOUGHT
    assert (parcel.ship_to if end == "to" else parcel.ship_from)["line1"] == "6 Label Lane"
    assert "She wrote to us" in words_of(client.get(f"/desk/orders/{order.number}"))
    assert_books_balance(app)


@pytest.mark.fault("L10")
def test_once_there_is_a_label_its_address_stands(app: Flask, client: Browser, agent: Person) -> None:
    order = labelled_order()
    before = parcel_of(order).ship_to
    answer = client.get(f"/desk/orders/{order.number}/address/to")
    assert answer.status_code == 409
    assert "its addresses cannot change any more" in words_of(answer)
    assert "/address/to" not in client.get(f"/desk/orders/{order.number}").get_data(as_text=True)
    assert parcel_of(order).ship_to == before


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"region": "NJ", "postcode": "07030", "city": "Hoboken"}, "The tax was paid for NY."),
        ({"postcode": "1"}, "Enter a ZIP code"),
        ({"line1": "6 Label Lane", "reason": ""}, ""),
    ],
)
def test_what_cannot_be_corrected_that_way_is_said_and_changes_nothing(
    app: Flask, client: Browser, agent: Person, typed: dict[str, str], said: str
) -> None:
    order = labelled_order(street=REFUSED)
    answer = correct(client, order, **typed)
    assert answer.status_code == 422
    assert said in words_of(answer)
    parcel = parcel_of(order)
    assert (parcel.state, parcel.ship_to["line1"]) == (ParcelState.LABEL_REFUSED, REFUSED)


def test_nobody_corrects_an_order_of_their_own(app: Flask, client: Browser, agent: Person) -> None:
    order = labelled_order(street=REFUSED)
    with unit_of_work():
        order.seller_id = agent.id
    assert client.get(f"/desk/orders/{order.number}/address/to").status_code == 403
    assert client.get(f"/desk/orders/{order.number}/address/elsewhere").status_code == 404
