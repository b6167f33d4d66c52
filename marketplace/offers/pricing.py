"""The price of a piece for one buyer: what was agreed with her while it holds, else what is listed (fault B05)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from marketplace import events
from marketplace.database import UTCDateTime, db
from marketplace.errors import LostRace
from marketplace.events import SYSTEM
from marketplace.jobs import deadlines
from marketplace.listings.models import Listing
from marketplace.offers.bargaining import DUE
from marketplace.offers.models import Offer
from marketplace.offers.states import CannotUsePrice, OfferState

_AGREED = (  # made once: that costs as much as running it
    sa.select(Offer)
    .where(Offer.buyer_id == sa.bindparam("buyer"), Offer.listing_id.in_(sa.bindparam("pieces", expanding=True)))
    .where(Offer.state == OfferState.ACCEPTED, Offer.due_at > sa.bindparam("at", type_=UTCDateTime()))
    .order_by(Offer.id)
)


def _agreed(listing_ids: Sequence[int], buyer_id: int | None, at: datetime) -> Sequence[Offer]:
    if buyer_id is None:
        return []
    return db.session.scalars(_AGREED, {"buyer": buyer_id, "pieces": list(listing_ids), "at": at}).all()


def agreed_offer(listing_id: int, buyer_id: int, *, at: datetime) -> Offer | None:
    """The offer whose price is this buyer's now, if any."""
    return next(iter(_agreed([listing_id], buyer_id, at)), None)


def prices_for(listings: Sequence[Listing], buyer_id: int | None, *, at: datetime) -> dict[int, int]:
    """What each piece costs this buyer now, without shipping, in minor units by listing id; never above the listed."""
    return prices_by(agreed(listings, buyer_id, at=at), listings)


def agreed(listings: Sequence[Listing], buyer_id: int | None, *, at: datetime) -> Sequence[Offer]:
    """The offers whose prices are this buyer's now."""
    return _agreed([listing.id for listing in listings], buyer_id, at)


def prices_by(offers: Sequence[Offer], listings: Sequence[Listing]) -> dict[int, int]:
    """The same prices, by offers that were asked for already."""
    agreed = {offer.listing_id: offer.price_minor for offer in offers}
    prices = {}
    for listing in listings:
        listed = listing.price_minor or 0
        prices[listing.id] = min(listed, agreed.get(listing.id, listed))
    return prices


def use(offers: Sequence[Offer], *, at: datetime) -> None:
    """The pieces are held at the agreed prices: each price is used once. Raises ``CannotUsePrice`` where it is over."""
    used = events.transition_all(offers, "use", by=SYSTEM, at=at, where=[Offer.due_at > at])
    if len(used) != len(offers):
        raise CannotUsePrice() from LostRace()
    if offers:
        deadlines.cancel_deadlines(offers, DUE, at=at)


def give_back(listing_ids: Sequence[int], buyer_id: int, *, at: datetime) -> None:
    """The payment came to nothing: the price is the buyer's again, for what is left of its time."""
    mine = (Offer.buyer_id == buyer_id, Offer.listing_id.in_(listing_ids), Offer.state == OfferState.USED)
    for offer in db.session.scalars(sa.select(Offer).where(*mine).order_by(Offer.id).with_for_update()).all():
        events.transition(offer, "give_back", by=SYSTEM, at=at)
        deadlines.set_deadline(DUE, offer, max(offer.due_at, at))
