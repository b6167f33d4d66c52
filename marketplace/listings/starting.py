"""Beginning a listing: a draft for one piece of a purchase, or for a piece of the house's own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from marketplace import events
from marketplace.catalogue.models import Style
from marketplace.catalogue.styles import style_of
from marketplace.catalogue.words import search_text
from marketplace.database import db, insert_new, public_id
from marketplace.events import HasActor
from marketplace.listings.eligibility import AlreadyListed, standing_of
from marketplace.listings.models import Item, Listing
from marketplace.listings.states import OPEN, ListingState
from marketplace.people.models import Person, Purchase
from marketplace.programme import versions


def start_listing(purchase: Purchase, unit: int, *, by: Person, at: datetime) -> Listing:
    """A draft for one piece of a purchase; the one that was begun already where there is one.

    Raises the ``NotListable`` that says why this piece cannot be listed by this person (MK-02, MK-07, MK-24, MK-25).
    """
    standing = standing_of(purchase, unit, by)
    begun = standing.listing
    if begun is not None and begun.state is ListingState.DRAFT and isinstance(standing.refusal, AlreadyListed):
        return begun
    if standing.refusal is not None:
        raise standing.refusal
    style = style_of(purchase)
    item = _item(purchase, unit, style, by)
    facts = {
        "original_price_minor": purchase.list_price_minor,
        "purchased_on": purchase.purchased_on,
        "size": purchase.size,
        "title": purchase.title,
        "colour": purchase.colour,
    }
    return begin(item, style, by=by, at=at, seller_id=by.id, **facts)


def item_of_purchase(purchase: Purchase, unit: int, owner: Person) -> Item:
    """The piece that this unit of a purchase is; its owner is the buyer until it is sold."""
    return _item(purchase, unit, style_of(purchase), owner)


def _item(purchase: Purchase, unit: int, style: Style, owner: Person) -> Item:
    row = {"purchase_id": purchase.id, "unit": unit, "style_id": style.id, "owner_id": owner.id}
    db.session.execute(insert_new(Item).values(row))
    return db.session.scalars(sa.select(Item).where(Item.purchase_id == purchase.id, Item.unit == unit)).one()


def begin(item: Item, style: Style, *, by: HasActor, at: datetime, **facts: Any) -> Listing:
    """A draft that offers ``item``; two begun at once are one, for the database allows one open listing an item."""
    published = versions.current()
    category = published.policy.eligibility.category(style.category)
    row = {
        "number": public_id("L"),
        "item_id": item.id,
        "policy_version_id": published.id,
        "state": ListingState.DRAFT,
        "started_at": at,
        "title": style.title,
        "house": style.house,
        "category": category.key if category else style.category,
        "colour": style.colour,
        "material": style.material,
        "hardware": style.hardware,
        "search_text": searched(style),
        "original_price_minor": style.list_price_minor,
        "currency": style.currency,
        **facts,
    }
    begun = db.session.scalar(insert_new(Listing).values(row).returning(Listing.id))
    listing = db.session.scalars(sa.select(Listing).where(Listing.item_id == item.id, Listing.state.in_(OPEN))).one()
    if begun is not None:
        events.record(listing, "start", by=by, at=at)
    elif listing.seller_id != row.get("seller_id"):
        raise AlreadyListed()
    return listing


def searched(style: Style) -> str:
    """What a listing of this style is found by."""
    return search_text(style.number, style.title, style.house, style.category, style.colour, style.material)
