"""Serving pictures: one fixed type, kept for ever by caches where anyone may see them, by nobody where not (P04, X01).

A picture's address is made of what it shows, so what is at an address never changes. A photo of a listing that is not
public is there for its owner, for whoever bought the piece, and for staff alone.
"""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, Response, request, session
from flask.typing import ResponseReturnValue

from marketplace.database import db
from marketplace.disputes.access import is_evidence_for_visitor
from marketplace.errors import NotFound
from marketplace.listings.finding import is_listing_photo, is_own_photo, is_public_picture
from marketplace.listings.models import ListingPhoto
from marketplace.listings.photos import photo_store
from marketplace.listings.prepared_photos import MEDIA_TYPE, photo_key
from marketplace.orders.models import Order
from marketplace.orders.visitors import OPENED
from marketplace.permissions import current_visitor, guest_or_person, has_second_factor, scoped

bp = Blueprint("photos", __name__)

FOR_EVER = "public, max-age=31536000, immutable"
NOT_AT_ALL = "private, no-store"


@bp.get("/photos/<path:key>/<int:width>.webp")
@scoped("photo")
def photo(key: str, width: int) -> ResponseReturnValue:
    """One derivative of a picture, where this reader may see it; else it is not there."""
    folder = f"photos/{key}"
    is_public = is_public_picture(folder)
    if not is_public and not _may_see(folder) and not is_evidence_for_visitor(folder):
        raise NotFound()
    answer = Response(photo_store().get(photo_key(folder, width)), mimetype=MEDIA_TYPE)
    answer.headers["Cache-Control"] = FOR_EVER if is_public else NOT_AT_ALL
    answer.set_etag(f"{key.rpartition('/')[2]}-{width}")
    return answer.make_conditional(request)


def _may_see(folder: str) -> bool:
    """Its seller, its buyer, and staff past their second factor."""
    visitor = current_visitor()
    if visitor is not None and is_own_photo(folder, visitor.person):
        return True
    if visitor is not None and visitor.person.is_staff and has_second_factor(visitor.sign_in):
        return is_listing_photo(folder)
    return _is_bought(folder)


def _is_bought(folder: str) -> bool:
    """Whether this reader bought the piece in the photo: an order outlives its listing (fault B06)."""
    reader = guest_or_person()
    theirs = sa.or_(Order.buyer_id == (reader.id if reader else None), Order.number.in_(session.get(OPENED, [])))
    of_listing = sa.select(ListingPhoto.listing_id).where(ListingPhoto.key == folder)
    bought = sa.select(Order.id).where(Order.listing_id.in_(of_listing), Order.paid_at.is_not(None), theirs)
    return db.session.scalar(sa.select(bought.exists())) or False
