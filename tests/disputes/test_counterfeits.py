"""A confirmed counterfeit goes to the brand for good; a piece that came back honestly is offered again by one click."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.disputes import deciding, returning
from marketplace.disputes.deciding import NotThatRemedy, Ruling
from marketplace.disputes.models import Dispute
from marketplace.disputes.states import CannotReceive, DisputeState, Kind, Remedy, WaitingOn, Wish
from marketplace.disputes.waiting import waiting_on
from marketplace.jobs.alarms import Alarm, AlarmKind
from marketplace.listings import relisting, starting
from marketplace.listings.eligibility import AlreadyListed, IsQuarantined
from marketplace.listings.models import Listing
from marketplace.listings.relisting import CannotRelist
from marketplace.listings.states import ListingState
from marketplace.orders import checkouts
from marketplace.orders.models import Order
from marketplace.orders.states import OrderState
from marketplace.payouts.models import Payout
from marketplace.people.models import Person
from marketplace.shipping import parcels
from tests.accounts import mail_to
from tests.disputes.cases import act, again, an_agent, decided, in_review, opened, seller, send_back, until
from tests.disputes.test_pages import browser
from tests.listings.pieces import approve, moved
from tests.programme import world
from tests.shopping import live_listing
from tests.web import page, post_form


def a_sale() -> Order:
    """A piece that was listed from a purchase, with a flaw and photos, sold and delivered."""
    draft = world.graded(world.a_draft(), "good")
    world.a_flaw(draft, "corners", "scuff", "light")
    close_up = f"flaw-{draft.flaws[0].id}"
    world.photographed(world.detailed(draft), "front", "back", "inside", close_up)
    world.graded(draft, "good")
    listing = world.submitted(world.priced(draft, 18_000))
    approve(listing)
    return world.delivered(world.paid(world.an_order(listing)))


def counterfeit(remedy: Remedy = Remedy.REFUND_WITH_RETURN) -> Ruling:
    return Ruling(remedy, "The stamp is wrong.", "authentic", is_counterfeit=True)


def others_of(person: Person) -> dict[str, Listing]:
    """What else a seller offers: live, paused, and being paid for."""
    made = {name: live_listing(person) for name in ("live", "paused", "held")}
    moved(made["paused"], "pause")
    moved(made["held"], "hold")
    return made


@pytest.mark.rule("GAP-08")
def test_a_counterfeit_is_quarantined_and_its_sellers_others_are_looked_at_again(app: Flask) -> None:
    dispute = in_review(opened(a_sale(), kind=Kind.NOT_AUTHENTIC))
    person, others = seller(dispute), others_of(seller(dispute))
    bystander = live_listing()
    outcome = deciding.preview(dispute, counterfeit())
    assert (outcome.to_seller.minor, outcome.from_programme.minor) == (0, 0)
    dispute = act(dispute, deciding.decide, counterfeit(), by=an_agent())
    assert (dispute.state, dispute.order.state) == (DisputeState.RETURN_LABEL, OrderState.REFUNDED)
    assert dispute.order.item.quarantined_at is not None
    states = {name: db.session.get_one(Listing, one.id).state for name, one in others.items()}
    assert states == {"live": "submitted", "paused": "submitted", "held": "held"}
    assert db.session.get_one(Listing, bystander.id).state is ListingState.LIVE
    [alarm] = db.session.scalars(sa.select(Alarm).where(Alarm.kind == AlarmKind.SELLER_IN_DOUBT)).all()
    assert alarm.subject_id == others["held"].id
    assert [one.message for one in mail_to(person.email)].count("listings_called_in") == 1
    parcel = parcels.return_parcel_of(dispute.order_id)
    assert parcel is not None and parcel.ship_to["line1"] != dispute.order.listing.ships_from.line1
    send_back(dispute, "deliver")
    assert waiting_on(again(dispute)) is WaitingOn.DESK
    members = browser(app, person)
    shown = page(members.get(f"/disputes/{dispute.number}"))
    assert shown.find("form", id="receive") is None
    told = [one.text for one in mail_to(person.email) if one.message == "dispute_decided"]
    for words in (shown.get_text(), *told):
        assert "A counterfeit: it stays with us, nobody offers it again" in " ".join(words.split())
    dispute = act(dispute, returning.receive, by=an_agent())
    for _ in range(2):
        dispute = again(dispute)
        if dispute.due_at is not None:
            until(dispute.due_at)
    dispute = again(dispute)
    assert dispute.state is DisputeState.CLOSED
    assert db.session.scalars(sa.select(Payout)).all() == []
    assert dispute.order.listing.state is ListingState.SOLD, "it never goes back to its seller"
    with pytest.raises(IsQuarantined):
        starting.start_listing(dispute.order.item.purchase, 1, by=person, at=clock.now())


def test_a_piece_nobody_paid_for_after_all_is_called_in_then(app: Flask) -> None:
    dispute = in_review(opened(a_sale(), kind=Kind.NOT_AUTHENTIC))
    wanted = world.an_order(live_listing(seller(dispute)))
    act(dispute, deciding.decide, counterfeit(), by=an_agent())
    with unit_of_work():
        checkouts.expire(db.session.get_one(Order, wanted.id).checkout, at=clock.now())
    assert db.session.get_one(Listing, wanted.listing_id).state is ListingState.SUBMITTED
    doubts = db.session.scalars(sa.select(Alarm).where(Alarm.kind == AlarmKind.SELLER_IN_DOUBT))
    assert [alarm.cleared_at is not None for alarm in doubts] == [True]


@pytest.mark.parametrize("remedy", [Remedy.DISMISS, Remedy.PARTIAL_REFUND])
def test_only_a_refund_in_full_goes_with_a_counterfeit(app: Flask, remedy: Remedy) -> None:
    dispute = in_review()
    with pytest.raises(NotThatRemedy):
        act(dispute, deciding.decide, counterfeit(remedy), by=an_agent())
    assert again(dispute).order.item.quarantined_at is None


def test_what_was_never_sent_cannot_be_found_counterfeit(app: Flask) -> None:
    dispute = in_review(opened(world.paid(), kind=Kind.NEVER_ARRIVED, wish=Wish.REFUND))
    with pytest.raises(NotThatRemedy):
        act(dispute, deciding.decide, counterfeit(Remedy.REFUND_WITHOUT_RETURN), by=an_agent())


# Offered again -------------------------------------------------------------------------------------------------------


def came_back() -> Dispute:
    """Decided for the buyer, sent back, received; nobody appealed."""
    dispute = decided(Remedy.REFUND_WITH_RETURN, dispute=in_review(opened(a_sale())))
    send_back(dispute, "deliver")
    dispute = act(dispute, returning.receive, by=seller(dispute))
    until(dispute.due_at)
    return again(dispute)


@pytest.mark.rule("GAP-08")
def test_the_seller_lists_the_piece_again_with_one_click_and_its_record_keeps_what_happened(app: Flask) -> None:
    dispute = came_back()
    members, path = browser(app, seller(dispute)), f"/disputes/{dispute.number}"
    before = dispute.order.listing
    assert post_form(members, path, "relist").status_code == 303
    db.session.expire_all()
    new = db.session.scalars(sa.select(Listing).where(Listing.item_id == before.item_id, Listing.id != before.id)).one()
    assert (new.state, before.state) == (ListingState.SUBMITTED, ListingState.WITHDRAWN)
    said = [(one.grade, one.words, one.price_minor, one.ships_from_id, one.includes) for one in (before, new)]
    assert said[0] == said[1]
    assert [photo.key for photo in new.photos] == [photo.key for photo in before.photos]
    assert [(flaw.part, flaw.kind) for flaw in new.flaws] == [("corners", "scuff")]
    assert new.flaws[0].photo is not None and new.flaws[0].photo.slot == f"flaw-{new.flaws[0].id}"
    assert page(members.get(path)).find("form", id="relist") is None
    with pytest.raises(AlreadyListed):
        relisting.relist(before, by=seller(dispute), at=clock.now())
    agent = browser(app, an_agent())
    told = agent.get(f"/desk/disputes/{dispute.number}").get_data(as_text=True)
    assert all(number in told for number in (before.number, new.number, dispute.order.number))


def test_nobody_else_lists_it_again_and_not_before_it_is_back(app: Flask) -> None:
    dispute = came_back()
    with pytest.raises(CannotRelist):
        relisting.relist(dispute.order.listing, by=dispute.order.buyer, at=clock.now())
    other = decided(Remedy.DISMISS)
    with pytest.raises(CannotRelist):
        relisting.relist(other.order.listing, by=seller(other), at=clock.now())
    with pytest.raises(CannotReceive):
        act(other, returning.receive, by=seller(other))
