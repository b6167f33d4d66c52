"""What was sold, as it was said when it was sold: later edits of the listing change nothing (fault B06)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from marketplace.database import db
from marketplace.listings.models import Listing
from marketplace.listings.piece import PictureFile
from marketplace.listings.showing import photo
from marketplace.orders.models import Order


def as_sold(listing: Listing) -> dict[str, Any]:
    """A plain document of the listing: title, grade, words, flaws, photos, price, terms."""
    return {
        "number": listing.number,
        "title": listing.title,
        "house": listing.house,
        "category": listing.category,
        "colour": listing.colour,
        "material": listing.material,
        "size": listing.size,
        "grade": listing.grade,
        "words": listing.words,
        "includes": list(listing.includes),
        "price_minor": listing.price_minor,
        "original_price_minor": listing.original_price_minor,
        "currency": listing.currency,
        "supply": listing.is_supply,
        "flaws": [
            {
                "part": flaw.part,
                "kind": flaw.kind,
                "severity": flaw.severity,
                "note": flaw.note,
                "photo": flaw.photo.key if flaw.photo else None,
            }
            for flaw in listing.flaws
        ],
        "photos": [
            {"slot": photo.slot, "key": photo.key, "width": photo.width, "height": photo.height, "widths": photo.widths}
            for photo in listing.photos
        ],
        "library": [
            {
                "slot": picture.kind,
                "key": picture.key,
                "width": picture.width,
                "height": picture.height,
                "widths": picture.widths,
            }
            for picture in listing.item.style.pictures
        ],
    }


def photos_named(folders: Collection[str]) -> set[str]:
    """Which of these folders of photos a sale remembers, whatever has become of its listing."""
    sold = sa.cast(Order.as_sold, sa.Text)
    remembered = (
        folder for folder in folders if db.session.scalar(sa.select(sa.exists().where(sold.contains(folder))))
    )
    return set(remembered)


def front(sold: dict[str, Any]) -> dict[str, Any] | None:
    """The picture that stands for a piece as it was sold: the library's, else the seller's first."""
    pictures = sold["library"] or sold["photos"]
    return photo(file_of(pictures[0]), sold["title"]) if pictures else None


def file_of(picture: dict[str, Any]) -> PictureFile:
    """Where one of the pictures that a sale remembers is kept."""
    return PictureFile(picture["key"], picture["width"], picture["height"], tuple(picture["widths"]))
