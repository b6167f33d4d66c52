"""A guest who opens an account finds what she bought: her orders, and the pieces themselves."""

from __future__ import annotations

from flask import Flask

from marketplace.database import db
from marketplace.listings.models import Item
from tests.accounts import an_account
from tests.orders.stories import again, confirm, delivered_order
from tests.web import Browser


def test_a_verified_address_claims_past_orders_and_their_pieces(app: Flask, client: Browser) -> None:
    order, other = delivered_order(), delivered_order()
    for bought in (order, other):
        confirm(bought)
    guest = again(order).buyer
    assert (guest.is_account, again(order).item.owner_id) == (False, guest.id)
    person = an_account(guest.email)
    order = again(order)
    assert (order.buyer_id, order.checkout.buyer_id) == (person.id, person.id)
    assert db.session.get_one(Item, order.item_id).owner_id == person.id
    assert again(other).item.owner_id == again(other).buyer_id != person.id
    client.sign_in_as(person)
    assert order.number in client.get("/account/orders").get_data(as_text=True)
