"""A purchase that went back to the shop while somebody was paying for its piece here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask

from marketplace import clock, events
from marketplace.database import db, unit_of_work
from marketplace.jobs.alarms import Alarm
from marketplace.listings.models import Listing
from marketplace.listings.states import ListingState
from marketplace.people.facts import PurchaseReturned
from marketplace.people.models import Purchase
from tests.books import assert_books_balance
from tests.purchases import line, take_in_lines
from tests.shopping import live_listing, to_payment
from tests.web import Browser

Advance = Callable[..., datetime]


def held_piece(app: Flask, client: Browser, folder) -> Listing:
    """A piece of somebody's purchase history, while its buyer stands on the payment page."""
    take_in_lines(app, folder, line())
    listing = live_listing()
    with unit_of_work():
        listing.item.purchase = db.session.query(Purchase).one()
    to_payment(client, listing)
    assert listing.state is ListingState.HELD
    return listing


def bring_back() -> None:
    with unit_of_work():
        purchase = db.session.query(Purchase).one()
        purchase.returned_on = clock.now().date() - timedelta(days=1)
        events.announce(PurchaseReturned(purchase.id, clock.now()))


@pytest.mark.parametrize(("is_returned", "ends"), [(True, ListingState.WITHDRAWN), (False, ListingState.LIVE)])
def test_a_piece_nobody_paid_for_is_live_again_unless_its_purchase_went_back(
    app: Flask, client: Browser, tmp_path, advance: Advance, run_jobs, is_returned: bool, ends: ListingState
) -> None:
    listing = held_piece(app, client, tmp_path)
    if is_returned:
        bring_back()
        assert listing.state is ListingState.HELD, "it is not taken out of a buyer's hands"
        assert db.session.query(Alarm).count() > 0
    advance(minutes=40)
    run_jobs()
    db.session.expire_all()
    assert listing.state is ends
    assert_books_balance(app)
