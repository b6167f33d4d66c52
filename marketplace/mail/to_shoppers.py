"""Letters to people who keep something in mind. Each can be stopped by one press."""

from __future__ import annotations

import sqlalchemy as sa

from marketplace.database import db
from marketplace.interests.facts import SavedPieceLowered, SearchFound
from marketplace.interests.models import SavedPiece, SavedSearch
from marketplace.listings.finding import public_path
from marketplace.listings.models import Listing
from marketplace.listings.showing import shown_price
from marketplace.mail.addresses import url
from marketplace.mail.outgoing import send
from marketplace.money import Money
from marketplace.people.notices import Notice, stop_path


def price_lowered(fact: SavedPieceLowered) -> None:
    """A saved piece costs less: what it cost, what it costs, both as the shop shows them."""
    saved = db.session.get_one(SavedPiece, fact.saved_id)
    listing = saved.listing
    now = shown_price(listing)
    before = now + Money(fact.before_minor - (listing.price_minor or 0), listing.currency)
    facts = {
        "title": listing.title,
        "before": before,
        "now": now,
        "piece_url": url(public_path(listing)),
        "stop_url": url(stop_path(saved.person_id, Notice.PRICE_LOWERED)),
    }
    reader = saved.person
    key = f"{saved.id}:{listing.price_minor}:{fact.at.isoformat()}"
    send("price_lowered", key=key, to=reader.email, about=listing, at=fact.at, facts=facts, language=reader.language)


def search_found(fact: SearchFound) -> None:
    """New pieces for a saved search, each with its price and address."""
    search = db.session.get_one(SavedSearch, fact.search_id)
    found = db.session.scalars(sa.select(Listing).where(Listing.id.in_(fact.listing_ids)).order_by(Listing.id.desc()))
    pieces = found.all()
    facts = {
        "label": search.label,
        "count": len(pieces),
        "pieces": [[f"{piece.title}, {piece.colour}", shown_price(piece)] for piece in pieces],
        "first_url": url(public_path(pieces[0])),
        "stop_url": url(stop_path(search.person_id, f"search:{search.id}")),
    }
    reader = search.person
    key = f"{search.id}:{fact.at.isoformat()}:{min(fact.listing_ids)}"
    send("search_found", key=key, to=reader.email, about=search, at=fact.at, facts=facts, language=reader.language)
