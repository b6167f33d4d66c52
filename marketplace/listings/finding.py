"""Loading a listing for whoever may see it. What a person may not see is not there (fault P04)."""

from __future__ import annotations

import re

import sqlalchemy as sa

from marketplace.catalogue.models import StylePicture
from marketplace.catalogue.words import fold
from marketplace.database import db
from marketplace.errors import NotFound
from marketplace.listings.models import Item, Listing, ListingPhoto
from marketplace.listings.piece import Offered
from marketplace.listings.states import PUBLIC
from marketplace.people.models import Person

_NUMBER = re.compile(r"\A(?:[a-z0-9-]*-)?(L[0-9A-HJKMNP-TV-Z]{8})\Z")


def public_path(listing: Listing | Offered) -> str:
    """The address anyone may open while the listing is public: ``/p/marlow-tote-cognac-L…``."""
    slug = fold(f"{listing.title} {listing.colour}").replace(" ", "-")
    return f"/p/{slug}-{listing.number}"


def public_number(path: str) -> str:
    """The listing's number in such an address: its last part, whatever the words before it say; else ``NotFound``."""
    found = _NUMBER.match(path)
    if not found:
        raise NotFound()
    return found[1]


def own_listing(number: str, person: Person) -> Listing:
    """The person's own listing of that number, in any state; else ``NotFound``."""
    listing = db.session.scalar(sa.select(Listing).where(Listing.number == number, Listing.seller_id == person.id))
    if listing is None:
        raise NotFound()
    return listing


def public_listing(number: str) -> Listing:
    """The public listing of that number; else ``NotFound``."""
    listing = db.session.scalar(sa.select(Listing).where(Listing.number == number, Listing.state.in_(PUBLIC)))
    if listing is None:
        raise NotFound()
    return listing


def public_listings(numbers: list[str]) -> list[Listing]:
    """Those of these listings that are public, in the order of their numbers here."""
    rows = db.session.scalars(sa.select(Listing).where(Listing.number.in_(numbers), Listing.state.in_(PUBLIC)))
    found = {listing.number: listing for listing in rows}
    return [found[number] for number in numbers if number in found]


def any_listing(number: str) -> Listing:
    """The listing of that number, for staff; else ``NotFound``."""
    listing = db.session.scalar(sa.select(Listing).where(Listing.number == number))
    if listing is None:
        raise NotFound()
    return listing


def is_public_picture(key: str) -> bool:
    """Whether anyone may see the picture: the library's own, or a photo of a listing that is public."""
    library = sa.select(StylePicture.id).where(StylePicture.key == key)
    photo = sa.select(ListingPhoto.id).join(Listing).where(ListingPhoto.key == key, Listing.state.in_(PUBLIC))
    return db.session.scalar(sa.select(sa.or_(library.exists(), photo.exists()))) or False


def is_own_photo(key: str, person: Person) -> bool:
    """Whether the picture is a photo of one of this person's listings, or of a piece of hers that is with us."""
    is_ours_of_hers = sa.and_(Listing.seller_id.is_(None), Item.owner_id == person.id)
    photo = sa.select(ListingPhoto.id).join(Listing).join(Item, Item.id == Listing.item_id)
    photo = photo.where(ListingPhoto.key == key, sa.or_(Listing.seller_id == person.id, is_ours_of_hers))
    return db.session.scalar(sa.select(photo.exists())) or False


def is_listing_photo(key: str) -> bool:
    """Whether the picture is a photo of any listing."""
    return db.session.scalar(sa.select(sa.select(ListingPhoto.id).where(ListingPhoto.key == key).exists())) or False
