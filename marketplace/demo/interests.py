"""What people of the demo world keep in mind, and what they offer: saved pieces, a saved search, three offers."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.demo.cast import BUYERS, STARS, Character
from marketplace.interests import saving, searches
from marketplace.interests.models import Pace
from marketplace.listings.criteria import Criteria
from marketplace.listings.models import Listing
from marketplace.listings.states import ListingState
from marketplace.offers import bargaining
from marketplace.offers.models import Offer

SHARE = 8500  # of the listed price, in basis points


def keep_in_mind() -> None:
    """Each star saves what the next one sells; the first wants to hear of totes."""
    with unit_of_work():
        for saver, seller in zip(STARS, (*STARS[1:], STARS[0]), strict=True):
            for listing in _live_of(seller)[:3]:
                saving.save(listing, by=saver.person, at=clock.now())
        searches.keep(Criteria(category="tote"), label="Totes", pace=Pace.DAILY, by=STARS[0].person, at=clock.now())


def offer() -> None:
    """One waits for each star's answer, as far as she sells anything; the last was answered with another price."""
    made = [_offer(buyer, seller) for buyer, seller in zip(BUYERS, STARS, strict=False)]
    with unit_of_work():
        for offer_id in [one for one in made if one is not None][-1:]:
            waiting = db.session.get_one(Offer, offer_id)
            seller, listed = waiting.listing.seller, waiting.listing.price
            if seller is not None and listed is not None:
                bargaining.counter(waiting, listed.share(9500), by=seller, at=clock.now())


def _offer(buyer: Character, seller: Character) -> int | None:
    with unit_of_work():
        for listing in _live_of(seller)[:1]:
            if listing.price is not None:
                price = listing.price.share(SHARE)
                return bargaining.propose(listing, price, by=buyer.person, at=clock.now()).id
    return None


def _live_of(seller: Character) -> Sequence[Listing]:
    mine = (Listing.seller_id == seller.person.id, Listing.state == ListingState.LIVE)
    return db.session.scalars(sa.select(Listing).where(*mine).order_by(Listing.id)).all()
