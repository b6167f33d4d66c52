"""Sold here against sold there: buyers and marketplaces want one piece at once, and exactly one of them has it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from marketplace import clock
from marketplace.channels import selling
from marketplace.channels.models import ChannelSale
from marketplace.channels.port import SaleReport
from marketplace.channels.states import SaleState
from marketplace.database import db, unit_of_work
from marketplace.jobs import runner
from marketplace.ledger import proofs
from marketplace.listings.models import Listing
from marketplace.money import Money
from marketplace.orders import holds
from marketplace.orders.models import Hold, Order
from tests.buyer.test_races import pay_all
from tests.channels import steps as there
from tests.fresh import FreshDatabase
from tests.shopping import live_listing, to_review
from tests.web import find_form, form_fields

OF_EACH = 6


def race(fresh: FreshDatabase) -> tuple[list[Any], Listing]:
    """Six buyers press Pay, and six marketplaces say that they have sold it, all at once."""
    listing: Listing = fresh.run(a_brands_piece)
    ready: list[Callable[[], Any]] = []
    for number in range(OF_EACH):
        browser = fresh.client()
        review = fresh.run(lambda b=browser, n=number: to_review(b, listing, email=f"buyer{n}@example.com"))
        fields = form_fields(find_form(browser.get(review), "pay"))
        ready.append(lambda b=browser, r=review, f=fields: b.post(f"{r}/pay", data=f))
        ready.append(lambda n=number: told_of(listing, n))
    return fresh.in_parallel(ready), listing


def a_brands_piece() -> Listing:
    there.open_channels()
    return live_listing(supply=True)


def told_of(listing: Listing, number: int) -> SaleState:
    """One marketplace's notice is read."""
    price, at = Money(listing.price_minor or 0, listing.currency), clock.now()
    report = SaleReport(there.OUTLET, f"S-{number}", listing.number, price, price.share(1500), at)
    with unit_of_work():
        return selling.note(report, at=at).state


def winners(answers: list[Any]) -> tuple[list[Any], int]:
    """The buyers who may pay, and how many marketplaces have the piece."""
    pressed = [one for one in answers if isinstance(one, TestResponse)]
    states = [one for one in answers if isinstance(one, SaleState)]
    assert len(pressed) == OF_EACH, answers
    assert {one.status_code for one in pressed} <= {303, 409}
    return [one for one in pressed if one.status_code == 303], states.count(SaleState.TAKEN)


@pytest.mark.rule("NAP-15", "BAL-05")
@pytest.mark.fault("B02")
def test_of_six_buyers_and_six_marketplaces_exactly_one_has_the_piece(fresh_database: FreshDatabase) -> None:
    answers, _listing = race(fresh_database)
    buyers, taken = winners(answers)
    assert len([one for one in answers if isinstance(one, SaleState)]) == OF_EACH, answers
    assert len(buyers) + taken == 1
    pay_all(fresh_database, buyers)

    def judge() -> None:
        runner.run_until_idle()
        assert len(db.session.scalars(sa.select(Hold).where(Hold.released_at.is_(None))).all()) == 1
        paid = db.session.scalars(sa.select(Order.id).where(Order.paid_at.is_not(None))).all()
        states = db.session.scalars(sa.select(ChannelSale.state)).all()
        assert len(paid) == len(buyers)
        assert sorted(states) == sorted([SaleState.TAKEN] * taken + [SaleState.REFUSED] * (OF_EACH - taken))
        assert proofs.faults() == []

    fresh_database.run(judge)


@pytest.mark.fault("B03")
def test_control_without_the_claims_the_same_race_sells_it_here_and_there(
    fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unprotected(checkout: Any, orders: Sequence[Order], at: datetime) -> set[int]:
        db.session.add_all([Hold(item_id=one.item_id, checkout_id=checkout.id, taken_at=at) for one in orders])
        return {one.item_id for one in orders}

    def claimed(listing: Listing, *, channel_sale_id: int, at: datetime, **_by: Any) -> None:
        db.session.add(Hold(item_id=listing.item_id, channel_sale_id=channel_sale_id, taken_at=at))

    def drop_the_index() -> None:
        db.session.execute(sa.text("DROP INDEX uq_holds_live_item"))
        db.session.commit()

    fresh_database.run(drop_the_index)
    monkeypatch.setattr(holds, "_hold", unprotected)
    monkeypatch.setattr(holds, "_move", lambda listings, *_more, **_by: {one.item_id for one in listings})
    monkeypatch.setattr(holds, "claim", claimed)
    buyers, taken = winners(race(fresh_database)[0])
    assert len(buyers) + taken > 1, "without the protection the piece is sold more than once"
