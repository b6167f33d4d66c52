"""Listings as a shop window shows them: plain rows, everything a card says in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from marketplace.catalogue.models import StylePicture
from marketplace.database import db
from marketplace.listings.matching import for_sale
from marketplace.listings.models import Item, Listing, ListingPhoto
from marketplace.listings.piece import Offered

_FILE = ("key", "width", "height", "widths")


def shown(ids: Sequence[int]) -> list[Offered]:
    """These pieces in this order, without those that were sold this moment."""
    if not ids:
        return []
    found = {row[0]: _offered(row) for row in db.session.execute(_CARDS, {"ids": list(ids)})}
    return [found[listing] for listing in ids if listing in found]


def _offered(row: Sequence[Any]) -> Offered:
    library, seller = row[-8:-4], row[-4:]
    file = library if library[0] else seller
    picture = dict(zip(_FILE, file, strict=True)) if file[0] else None
    return Offered(*[*row[:-8], picture])


def _picture(model: type[StylePicture | ListingPhoto]) -> Iterable[Any]:
    return (getattr(model, name) for name in _FILE)


_library, _own = aliased(StylePicture), aliased(ListingPhoto)
_first_of_library = (
    sa.select(_library.id).where(_library.style_id == Item.style_id).order_by(_library.position).limit(1)
)
_first_of_own = sa.select(_own.id).where(_own.listing_id == Listing.id).order_by(_own.position).limit(1)

_CARDS = (
    sa.select(
        Listing.id,
        Listing.number,
        Listing.title,
        Listing.house,
        Listing.category,
        Listing.colour,
        Listing.material,
        Listing.grade,
        Listing.state,
        Listing.currency,
        Listing.price_minor,
        Listing.original_price_minor,
        Listing.seller_id,
        *_picture(StylePicture),
        *_picture(ListingPhoto),
    )
    .join(Item, Item.id == Listing.item_id)
    .outerjoin(StylePicture, StylePicture.id == _first_of_library.correlate(Item).scalar_subquery())
    .outerjoin(
        ListingPhoto,
        sa.and_(
            StylePicture.id.is_(None),
            ListingPhoto.id == _first_of_own.correlate(Listing).scalar_subquery(),
        ),
    )
    .where(Listing.id.in_(sa.bindparam("ids", expanding=True)), *for_sale())
)
