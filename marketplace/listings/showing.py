"""A listing as every page shows it, to shoppers, sellers and reviewers: its picture, its grade, its few words.

The shapes are those of ``templates/components/listing.html``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from marketplace.catalogue.models import PictureColumns
from marketplace.listings.models import Listing
from marketplace.listings.piece import Offered, PictureFile
from marketplace.money import Money
from marketplace.programme import versions
from marketplace.programme.policy import Policy

SHOWN_WIDTH = 640  # pixels: what a browser without ``srcset`` loads


def detail(listing: Listing | Offered) -> str:
    """Colour and material in words: ``Cognac pebbled leather``."""
    return " ".join(part for part in (listing.colour, listing.material) if part).capitalize()


def grade(key: str | None, policy: Policy) -> dict[str, Any]:
    """A grade with its bars: the best has as many as the programme accepts grades."""
    scale = policy.condition.accepted_grades
    found = next((step for step in scale if step.key == key), policy.condition.grade(key) if key else scale[-1])
    rank = len(scale) - scale.index(found) if found in scale else 1
    return {"key": found.key, "label": found.label, "definition": found.definition, "rank": rank, "of": len(scale)}


def photo(
    picture: PictureColumns | PictureFile, alt: str, caption: str = "", anchor: str | None = None
) -> dict[str, Any]:
    """A picture of the store as an ``<img>`` reads it, with every derivative in its ``srcset``."""
    file = _file(picture.key, picture.width, picture.height, tuple(picture.widths))
    return {**file, "alt": alt, "caption": caption, "anchor": anchor}


@lru_cache(maxsize=4096)  # what is at an address never changes, and writing its addresses is half of a page of pictures
def _file(key: str, wide: int, high: int, made: tuple[int | str, ...]) -> dict[str, Any]:
    widths = sorted(int(width) for width in made)
    shown = next((width for width in widths if width >= SHOWN_WIDTH), widths[-1])
    return {
        "src": photo_url(key, shown),
        "srcset": ", ".join(f"{photo_url(key, width)} {width}w" for width in widths),
        "width": shown,
        "height": round(shown * high / wide),
    }


def photo_url(key: str, width: int) -> str:
    """The address of one derivative, ``/photos/…/640.webp``: the route of ``buyer/photos.py``, spelt out for speed."""
    return f"/photos/{key.removeprefix('photos/')}/{width}.webp"


def largest_url(picture: PictureColumns) -> str:
    """The address of the picture at its full size."""
    return photo_url(picture.key, max(int(width) for width in picture.widths))


def first_photo(listing: Listing | Offered) -> dict[str, Any]:
    """The library's front picture, else the seller's own first photo, of a listing that has been in the shop."""
    picture = listing.picture if isinstance(listing, Offered) else _pictures(listing)[0]
    if picture is None:
        raise LookupError(f"{listing.number} has no picture")
    return photo(picture, alt=f"{listing.title}, {detail(listing)}")


def any_photo(listing: Listing) -> dict[str, Any] | None:
    """The same of a listing that may have no picture yet."""
    return first_photo(listing) if _pictures(listing) else None


def _pictures(listing: Listing) -> Sequence[PictureColumns]:
    return listing.item.style.pictures or listing.photos


def shown_price(listing: Listing | Offered) -> Money:
    """The one price a buyer sees: the listed price with the fixed shipping amount in it (GAP-02)."""
    price = listing.price or Money.zero(listing.currency)
    return price + shipping_of(listing)


def shipping_of(listing: Listing | Offered) -> Money:
    """The fixed amount for one piece (MK-14)."""
    return Money(versions.current().policy.shipping.amount_minor, listing.currency)
