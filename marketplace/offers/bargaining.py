"""Proposing a price, answering it, and what silence does.

The one who acts next has the policy's hours; silence lets the offer lapse and changes nothing else. An offer holds no
piece back: whoever pays first has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace import events
from marketplace.database import db, insert_new
from marketplace.errors import NotFound, Refusal
from marketplace.events import SYSTEM, HasActor
from marketplace.jobs import deadlines
from marketplace.listings.models import Listing
from marketplace.listings.states import ListingState, NotAvailable
from marketplace.money import Money, format_money
from marketplace.offers.facts import OfferMoved
from marketplace.offers.models import Offer
from marketplace.offers.states import RUNNING, OfferState
from marketplace.people.models import Person
from marketplace.programme import versions

DUE = "offer_due"  # deadline: nobody answered, or an agreed price was not used


class OffersAreOff(Refusal):
    message = _l("Prices here are fixed: no offers can be made.")


class NoOffersForThis(Refusal):
    message = _l("This piece has a fixed price.")


class OwnListing(Refusal):
    message = _l("This is your own piece.")


class TooManyOffers(Refusal):
    message = _l("You have as many offers running as one person may. Wait for an answer first.")


class AlreadyOffered(Refusal):
    message = _l("You have an offer for this piece already.")


class OfferOutOfBounds(Refusal):
    """``message`` says what is possible."""

    status = 422


def may_propose(listing: Any, person: Person | None) -> bool:
    """Whether such a person could make an offer: offers are on, and it is a member's piece for sale, not her own."""
    rules = versions.current().policy.offers
    is_own = person is not None and listing.seller_id == person.id
    return rules.is_on and listing.state is ListingState.LIVE and listing.seller_id is not None and not is_own


def bounds(listing: Listing) -> tuple[Money, Money]:
    """The least that can be proposed, and the listed price, which an offer lies below."""
    price = listing.price or Money.zero(listing.currency)
    return price.share(versions.current().policy.offers.lowest_basis_points), price


def propose(listing: Listing, price: Money, *, by: Person, at: datetime) -> Offer:
    """Offer a price for a piece. Raises the refusal that says why it cannot be."""
    rules = versions.current().policy.offers
    if not rules.is_on:
        raise OffersAreOff()
    if listing.seller_id is None:
        raise NoOffersForThis()
    if listing.seller_id == by.id:
        raise OwnListing()
    if listing.state is not ListingState.LIVE:
        raise NotAvailable()
    _check(listing, price)
    if running_of(by) >= rules.running_per_person:
        raise TooManyOffers()
    row = {
        "listing_id": listing.id,
        "buyer_id": by.id,
        "state": OfferState.OPEN,
        "proposed_minor": price.minor,
        "price_minor": price.minor,
        "made_at": at,
        "due_at": at + timedelta(hours=rules.answer_hours),
    }
    made = db.session.scalar(insert_new(Offer).values(row).returning(Offer.id))
    if made is None:
        raise AlreadyOffered()
    offer = db.session.get_one(Offer, made)
    events.record(offer, "propose", by=by, at=at, price_minor=price.minor)
    deadlines.set_deadline(DUE, offer, offer.due_at)
    events.announce(OfferMoved(offer.id, "propose", at))
    return offer


def _check(listing: Listing, price: Money) -> None:
    least, listed = bounds(listing)
    if not least.minor <= price.minor < listed.minor:
        words = {"least": format_money(least, whole=True), "listed": format_money(listed, whole=True)}
        raise OfferOutOfBounds(_("Offer at least %(least)s and less than %(listed)s.", **words))


def running_of(person: Person) -> int:
    """How many offers of this person are not over."""
    running = sa.select(sa.func.count()).where(Offer.buyer_id == person.id, Offer.state.in_(RUNNING))
    return db.session.scalar(running) or 0


# Answers -------------------------------------------------------------------------------------------------------------


def _move(offer: Offer, action: str, *, by: HasActor, at: datetime, **sets: object) -> None:
    events.transition(offer, action, by=by, at=at, sets=sets, price_minor=sets.get("price_minor", offer.price_minor))
    if offer.state in RUNNING:
        deadlines.set_deadline(DUE, offer, offer.due_at)
    else:
        deadlines.cancel_deadlines([offer], DUE, at=at)
    events.announce(OfferMoved(offer.id, action, at))


def _agreed_until(at: datetime) -> datetime:
    return at + timedelta(hours=versions.current().policy.offers.price_hours)


def _still_for_sale(offer: Offer) -> None:
    db.session.refresh(offer.listing)
    if offer.listing.state not in (ListingState.LIVE, ListingState.HELD):
        raise NotAvailable()


def accept(offer: Offer, *, by: Person, at: datetime) -> None:
    """The seller takes the buyer's price: it is that buyer's for the policy's hours."""
    _still_for_sale(offer)
    _move(offer, "accept", by=by, at=at, due_at=_agreed_until(at))


def counter(offer: Offer, price: Money, *, by: Person, at: datetime) -> None:
    """The seller names another price, between the buyer's and the listed one; the buyer answers."""
    _still_for_sale(offer)
    listed = offer.listing.price or Money.zero(offer.listing.currency)
    if not offer.proposed_minor < price.minor < listed.minor:
        words = {"least": format_money(offer.proposed, whole=True), "listed": format_money(listed, whole=True)}
        raise OfferOutOfBounds(_("Name more than %(least)s and less than %(listed)s.", **words))
    hours = versions.current().policy.offers.answer_hours
    _move(offer, "counter", by=by, at=at, price_minor=price.minor, due_at=at + timedelta(hours=hours))


def decline(offer: Offer, *, by: Person, at: datetime) -> None:
    """The seller says no."""
    _move(offer, "decline", by=by, at=at)


def take(offer: Offer, *, by: Person, at: datetime) -> None:
    """The buyer takes the seller's price."""
    _still_for_sale(offer)
    _move(offer, "take", by=by, at=at, due_at=_agreed_until(at))


def refuse(offer: Offer, *, by: Person, at: datetime) -> None:
    """The buyer says no to the seller's price."""
    _move(offer, "refuse", by=by, at=at)


def withdraw(offer: Offer, *, by: Person, at: datetime) -> None:
    """The buyer thinks better of it before an answer."""
    _move(offer, "withdraw", by=by, at=at)


def sweep_due(offer_ids: Sequence[int], at: datetime) -> None:
    """Silence: an offer without an answer lapses, an agreed price that was not used expires."""
    due = sa.select(Offer).where(Offer.id.in_(offer_ids), Offer.due_at <= at).order_by(Offer.id).with_for_update()
    for offer in db.session.scalars(due).all():
        action = "expire" if offer.state is OfferState.ACCEPTED else "lapse"
        if offer.machine.allows(offer.state, action):
            _move(offer, action, by=SYSTEM, at=at)


def end_all(listing_ids: Sequence[int], *, at: datetime) -> None:
    """These pieces are no longer for sale: every offer for them that is not over ends."""
    running = sa.select(Offer).where(Offer.listing_id.in_(listing_ids), Offer.state.in_(RUNNING)).order_by(Offer.id)
    for offer in db.session.scalars(running.with_for_update()).all():
        _move(offer, "end", by=SYSTEM, at=at)


# Loading -------------------------------------------------------------------------------------------------------------


def offers_by(person: Person) -> Sequence[Offer]:
    """What this person offered, the latest first."""
    return db.session.scalars(sa.select(Offer).where(Offer.buyer_id == person.id).order_by(Offer.id.desc())).all()


def offers_to(person: Person) -> Sequence[Offer]:
    """Offers for this person's listings that are not over, the most urgent first."""
    mine = sa.select(Offer).join(Listing).where(Listing.seller_id == person.id, Offer.state.in_(RUNNING))
    return db.session.scalars(mine.order_by(Offer.due_at)).all()


def offer_by(offer_id: int, person: Person) -> Offer:
    """One of this person's own offers; else ``NotFound``."""
    offer = db.session.get(Offer, offer_id)
    if offer is None or offer.buyer_id != person.id:
        raise NotFound()
    return offer


def offer_to(offer_id: int, person: Person) -> Offer:
    """One offer for a listing of this person's; else ``NotFound``."""
    offer = db.session.get(Offer, offer_id)
    if offer is None or offer.listing.seller_id != person.id:
        raise NotFound()
    return offer
