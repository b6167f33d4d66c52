"""What was given to us and is sold leaves our hands: each move goes into the log, whichever way it came to us."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from marketplace.buybacks import finding
from marketplace.channels import facts as channels
from marketplace.consignments.models import ConsignedPiece
from marketplace.custody.log import BUYERS, CARRIERS, HOUSE, put
from marketplace.database import db
from marketplace.listings.models import Listing
from marketplace.orders.models import Order
from marketplace.people.models import Person
from marketplace.shipping import facts as shipping

# Where a parcel's news leaves the piece in it: on its way to the buyer, and on its way back from there. A parcel tells
# each of these once, however often its carrier does.
_TO_BUYER = {shipping.ParcelScanned: CARRIERS, shipping.ParcelDelivered: BUYERS, shipping.ParcelReturned: HOUSE}
_FROM_BUYER = {shipping.ParcelScanned: CARRIERS, shipping.ParcelDelivered: HOUSE, shipping.ParcelReturned: BUYERS}


def carried(fact: shipping.ParcelScanned | shipping.ParcelDelivered | shipping.ParcelReturned) -> None:
    """The carrier has it, its buyer has it, or nobody took it in and it is here again."""
    _carried(fact.order_id, _TO_BUYER[type(fact)], fact.at)


def carried_back(fact: shipping.ReturnNews) -> None:
    """Its buyer sends it back."""
    place = _FROM_BUYER.get(type(fact.news))
    if place is not None:
        _carried(fact.news.order_id, place, fact.news.at)


def sent_elsewhere(fact: channels.SentElsewhere) -> None:
    """The warehouse handed it to the carrier of an outside marketplace."""
    _put(_item_of(fact.listing_id), CARRIERS, by=db.session.get_one(Person, fact.by_id), at=fact.at)


def completed_elsewhere(fact: channels.CompletedElsewhere) -> None:
    """The marketplace says that its buyer keeps it."""
    _put(_item_of(fact.listing_id), BUYERS, by=None, at=fact.at)


def _item_of(listing_id: int) -> int:
    return db.session.get_one(Listing, listing_id).item_id


def _carried(order_id: int, place: str, at: datetime) -> None:
    order = db.session.get_one(Order, order_id)
    if order.is_supply:  # what a member sells was never in our hands
        _put(order.item_id, place, by=None, at=at)


def _put(item_id: int, place: str, *, by: Person | None, at: datetime) -> None:
    tag = _tag(item_id)
    if tag is not None:
        put(tag, place, by=by, at=at)


def _tag(item_id: int) -> str | None:
    """What the tag on the piece says; None for stock that nobody gave us."""
    bought = finding.of_item(item_id)
    if bought is not None:
        return bought.tag
    piece = db.session.scalar(sa.select(ConsignedPiece).where(ConsignedPiece.item_id == item_id))
    return piece.number if piece is not None else None
