"""The price of a piece for one buyer: what was agreed with her while it holds, else what is listed (fault B05)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from marketplace import events
from marketplace.database import db
from marketplace.errors import LostRace
from marketplace.events import SYSTEM
from marketplace.jobs import deadlines
from marketplace.listings.models import Listing
from marketplace.offers.bargaining import DUE
from marketplace.offers.models import Offer
from marketplace.offers.states import CannotUsePrice, OfferState


def _agreed(listing_ids: Sequence[int], buyer_id: int | None, at: datetime) -> Sequence[Offer]:
    if buyer_id is None:
        return []
    mine = (Offer.buyer_id == buyer_id, Offer.listing_id.in_(listing_ids))
    return db.session.scalars(
        sa.select(Offer).where(*mine, Offer.state == OfferState.ACCEPTED, Offer.due_at > at).order_by(Offer.id)
    ).all()


def agreed_offer(listing_id: int, buyer_id: int, *, at: datetime) -> Offer | None:
    """The offer whose price is this buyer's now, if any."""
    return next(iter(_agreed([listing_id], buyer_id, at)), None)


def prices_for(listings: Sequence[Listing], buyer_id: int | None, *, at: datetime) -> dict[int, int]:
    """What each piece costs this buyer now, without shipping, in minor units by listing id; never above the listed."""
    agreed = {offer.listing_id: offer.price_minor for offer in _agreed([one.id for one in listings], buyer_id, at)}
    prices = {}
    for listing in listings:
        listed = listing.price_minor or 0
        prices[listing.id] = min(listed, agreed.get(listing.id, listed))
    return prices


def use(listings: Sequence[Listing], buyer_id: int, *, at: datetime) -> None:
    """The pieces are held at the agreed prices: each price is used once. Raises ``CannotUsePrice`` where it is over."""
    offers = _agreed([listing.id for listing in listings], buyer_id, at)
    used = events.transition_all(list(offers), "use", by=SYSTEM, at=at, where=[Offer.due_at > at])
    if len(used) != len(offers):
        raise CannotUsePrice() from LostRace()
    deadlines.cancel_deadlines(offers, DUE, at=at)


def give_back(listing_ids: Sequence[int], buyer_id: int, *, at: datetime) -> None:
    """The payment came to nothing: the price is the buyer's again, for what is left of its time."""
    mine = (Offer.buyer_id == buyer_id, Offer.listing_id.in_(listing_ids), Offer.state == OfferState.USED)
    for offer in db.session.scalars(sa.select(Offer).where(*mine).order_by(Offer.id).with_for_update()).all():
        events.transition(offer, "give_back", by=SYSTEM, at=at)
        deadlines.set_deadline(DUE, offer, max(offer.due_at, at))
