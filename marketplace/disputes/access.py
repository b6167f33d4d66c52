"""Who reads a case: its buyer, with an account or by a mail's link, its seller, and agents (P04)."""

from __future__ import annotations

import sqlalchemy as sa

from marketplace.database import db
from marketplace.disputes.models import Dispute, DisputePhoto
from marketplace.disputes.states import Side
from marketplace.errors import NotFound
from marketplace.orders.models import Order
from marketplace.orders.visitors import is_own
from marketplace.people.models import Person, Role
from marketplace.permissions import current_visitor, has_second_factor


def numbered(number: str) -> Dispute:
    """The case of that number; else ``NotFound``."""
    dispute = db.session.scalar(sa.select(Dispute).where(Dispute.number == number))
    if dispute is None:
        raise NotFound()
    return dispute


def own_case(number: str) -> tuple[Dispute, Side]:
    """The case of that number and the side this visitor is on; else ``NotFound``."""
    dispute = numbered(number)
    side = side_of(dispute.order)
    if side is None:
        raise NotFound()
    return dispute, side


def side_of(order: Order) -> Side | None:
    """The side this visitor is on; a party who is also staff is a party (fault P06)."""
    visitor = current_visitor()
    if visitor is not None and order.seller_id == visitor.person.id:
        return Side.SELLER
    if is_own(order):
        return Side.BUYER
    if visitor is not None and visitor.person.has_role(Role.AGENT) and has_second_factor(visitor.sign_in):
        return Side.STAFF
    return None


def reader(dispute: Dispute, side: Side) -> Person:
    """The person who acts on a side. A guest acts as the buyer of the order the link opened."""
    if side is Side.BUYER:
        return dispute.order.buyer
    if side is Side.SELLER and dispute.order.seller is not None:
        return dispute.order.seller
    visitor = current_visitor()
    if visitor is None:
        raise NotFound()
    return visitor.person


def is_evidence_for_visitor(folder: str) -> bool:
    """Whether a photo was shown in a case this visitor reads; before it is opened its author alone sees it."""
    for photo in db.session.scalars(sa.select(DisputePhoto).where(DisputePhoto.key == folder)):
        side = side_of(db.session.get_one(Order, photo.order_id))
        if side is not None and (photo.dispute_id is not None or side is photo.side):
            return True
    return False
