"""Letters about an offer: to the one who acts next, or to the one who waited for an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from marketplace.database import db
from marketplace.listings.finding import public_path
from marketplace.mail.addresses import url
from marketplace.mail.outgoing import send
from marketplace.offers.facts import OfferMoved
from marketplace.offers.models import Offer
from marketplace.people.models import Person


def offer_moved(fact: OfferMoved) -> None:
    """Write to whom the move concerns; a withdrawal concerns nobody who waits."""
    offer = db.session.get_one(Offer, fact.offer_id)
    writing = _LETTERS.get(fact.action)
    if writing is None:
        return
    message, reader_of = writing
    reader = reader_of(offer)
    if reader is not None:
        key = f"{offer.id}:{fact.action}:{fact.at.isoformat()}"
        facts = _facts(offer, for_buyer=reader.id == offer.buyer_id)
        send(message, key=key, to=reader.email, about=offer, at=fact.at, facts=facts, language=reader.language)


def _facts(offer: Offer, *, for_buyer: bool) -> dict[str, Any]:
    return {
        "title": offer.listing.title,
        "price": offer.price,
        "listed": offer.listing.price or offer.price,
        "due": offer.due_at,
        "offer_url": url("/account/offers" if for_buyer else f"/sell/offers/{offer.id}"),
        "piece_url": url(public_path(offer.listing)),
    }


def _buyer(offer: Offer) -> Person | None:
    return offer.buyer


def _seller(offer: Offer) -> Person | None:
    return offer.listing.seller


_LETTERS: dict[str, tuple[str, Callable[[Offer], Person | None]]] = {
    "propose": ("offer_made", _seller),
    "counter": ("offer_countered", _buyer),
    "accept": ("offer_agreed", _buyer),
    "decline": ("offer_over", _buyer),
    "lapse": ("offer_over", _buyer),
    "end": ("offer_over", _buyer),
    "refuse": ("offer_over", _seller),
}
