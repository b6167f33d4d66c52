"""Which purchases may become listings: each reason against it, by name, in words, with nothing begun."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.listings import eligibility, starting, withdrawing
from marketplace.listings.models import Item, Listing
from marketplace.listings.states import ListingState
from marketplace.people.models import Channel, Person, Purchase
from tests.accounts import an_account
from tests.fresh import FreshDatabase
from tests.programme.world import a_draft, a_live_listing, a_purchase


def refused(person: Person, purchase: Purchase, unit: int = 1) -> str:
    """The words of the refusal of starting a listing; nothing must have come of it."""
    before = counts()
    with pytest.raises(eligibility.NotListable) as refusal, unit_of_work():
        starting.start_listing(purchase, unit, by=person, at=clock.now())
    assert counts() == before
    return f"{type(refusal.value).__name__}: {refusal.value.message}"


def counts() -> tuple[int, int]:
    return tuple(db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0 for model in (Item, Listing))  # type: ignore[return-value]


@pytest.mark.rule("MK-24")
@pytest.mark.parametrize("category", ["coat", "pumps", "watch", "sunglasses"])
def test_only_handbags_and_small_leather_goods_can_be_listed(app: Flask, category: str) -> None:
    person = an_account()
    assert "CategoryRefused" in refused(person, a_purchase(person, category=category))
    for accepted in ("tote", "Shoulder bag", "zip-wallet"):
        with unit_of_work():
            starting.start_listing(a_purchase(person, category=accepted), 1, by=person, at=clock.now())


@pytest.mark.rule("MK-07")
@pytest.mark.parametrize("collection", ["current", "core", " Core "])
def test_current_and_core_pieces_are_refused_at_this_time(app: Flask, collection: str) -> None:
    person = an_account()
    words = refused(person, a_purchase(person, collection=collection))
    assert words.startswith("CollectionRefused") and "at this time" in words


@pytest.mark.rule("MK-25")
def test_a_guest_purchase_is_refused_with_the_explanation(app: Flask) -> None:
    person = an_account()
    words = refused(person, a_purchase(person, loyalty_account_id=None))
    assert words.startswith("BoughtAsGuest") and "guest checkout" in words and "store" in words


@pytest.mark.rule("MK-02")
def test_only_members_may_list(app: Flask) -> None:
    person = an_account()
    purchase = a_purchase(person)
    with unit_of_work():
        person.loyalty_account_id = None
    assert refused(person, purchase).startswith("NotAMember")


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"returned_on": "today"}, "WasReturned"),
        ({"currency": "CAD"}, "BoughtInAnotherCurrency"),
    ],
)
def test_other_reasons_have_names_too(app: Flask, fields: dict[str, Any], name: str) -> None:
    person = an_account()
    if "returned_on" in fields:
        fields = {"returned_on": clock.now().date()}
    assert refused(person, a_purchase(person, **fields)).startswith(name)


def test_a_purchase_in_a_store_counts_like_one_on_the_site(app: Flask) -> None:
    person = an_account()
    with unit_of_work():
        listing = starting.start_listing(
            a_purchase(person, channel=Channel.STORE, store="Fifth Avenue"), 1, by=person, at=clock.now()
        )
    assert listing.state is ListingState.DRAFT


def test_a_unit_that_was_never_bought_is_not_there(app: Flask) -> None:
    person = an_account()
    purchase = a_purchase(person, quantity=2)
    assert refused(person, purchase, 3).startswith("NoSuchUnit")
    assert refused(person, purchase, 0).startswith("NoSuchUnit")


def test_each_unit_of_a_purchase_is_a_piece_of_its_own(app: Flask) -> None:
    person = an_account()
    purchase = a_purchase(person, quantity=2)
    with unit_of_work():
        first, second = (starting.start_listing(purchase, unit, by=person, at=clock.now()) for unit in (1, 2))
    assert first.item_id != second.item_id
    assert [standing.listing for standing in eligibility.standings([purchase], person)] == [first, second]


def test_beginning_again_goes_on_with_the_draft(app: Flask) -> None:
    listing = a_draft()
    assert listing.item.purchase is not None and listing.seller is not None
    with unit_of_work():
        again = starting.start_listing(listing.item.purchase, 1, by=listing.seller, at=clock.now())
    assert again.id == listing.id and counts() == (1, 1)


def test_what_is_listed_or_sold_cannot_be_listed_again(app: Flask) -> None:
    listing = a_live_listing()
    seller, purchase = listing.seller, listing.item.purchase
    assert seller is not None and purchase is not None
    assert refused(seller, purchase).startswith("AlreadyListed")
    with unit_of_work():
        listing.item.owner_id = an_account().id
    assert refused(seller, purchase).startswith("AlreadySold")


def test_what_was_withdrawn_can_be_listed_anew(app: Flask) -> None:
    listing = a_live_listing()
    assert listing.seller is not None and listing.item.purchase is not None
    with unit_of_work():
        withdrawing.withdraw(listing, by=listing.seller, at=clock.now())
    with unit_of_work():
        second = starting.start_listing(listing.item.purchase, 1, by=listing.seller, at=clock.now())
    assert second.id != listing.id and second.item_id == listing.item_id


def test_two_beginnings_at_once_are_one_draft(fresh_database: FreshDatabase) -> None:
    def prepare() -> tuple[int, int]:
        person = an_account()
        return person.id, a_purchase(person).id

    person_id, purchase_id = fresh_database.run(prepare)

    def begin() -> int:
        with unit_of_work() as session:
            person, purchase = session.get_one(Person, person_id), session.get_one(Purchase, purchase_id)
            return starting.start_listing(purchase, 1, by=person, at=clock.now()).id

    outcomes = fresh_database.in_parallel([begin] * 6)
    assert len({outcome for outcome in outcomes if isinstance(outcome, int)}) == 1, outcomes
    assert all(isinstance(outcome, int) for outcome in outcomes), outcomes
    assert fresh_database.run(counts) == (1, 1)
