"""The record of one physical piece: each time it was offered, sold, disputed and came back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from marketplace.database import db
from marketplace.disputes.models import Dispute
from marketplace.disputes.words import KINDS, REMEDIES
from marketplace.disputes.words import STATES as CASE_STATES
from marketplace.listings.labels import LABELS
from marketplace.listings.models import Item, Listing
from marketplace.orders.models import Order
from marketplace.permissions import page_if_open


@dataclass(frozen=True)
class Chapter:
    """One thing in a piece's life, with the page that tells more where its reader may open that."""

    at: datetime
    title: str
    words: str
    href: str | None


def of(item: Item) -> list[Chapter]:
    """Every listing, sale and case of a piece, newest first."""
    orders = db.session.scalars(sa.select(Order).where(Order.item_id == item.id, Order.paid_at.is_not(None))).all()
    listings = db.session.scalars(sa.select(Listing).where(Listing.item_id == item.id)).all()
    cases = db.session.scalars(sa.select(Dispute).where(Dispute.order_id.in_([order.id for order in orders]))).all()
    told = [_listing(one) for one in listings]
    if item.quarantined_at is not None:
        told.append(Chapter(item.quarantined_at, str(_("In quarantine")), str(_("nobody offers it again")), None))
    told += [_sale(one) for one in orders] + [_case(one) for one in cases]
    return sorted(told, key=lambda chapter: chapter.at, reverse=True)


def _listing(listing: Listing) -> Chapter:
    title = str(_("Listing %(number)s", number=listing.number))
    href = page_if_open("review.listing", number=listing.number)
    return Chapter(listing.started_at, title, str(LABELS[listing.state]), href)


def _sale(order: Order) -> Chapter:
    title = str(_("Sale %(number)s", number=order.number))
    words = str(_("refunded")) if order.refunded == order.total else str(_("sold"))
    href = page_if_open("desk_orders.order", number=order.number)
    return Chapter(order.paid_at or order.placed_at, title, words, href)


def _case(dispute: Dispute) -> Chapter:
    end = REMEDIES[dispute.decision.remedy] if dispute.decision else CASE_STATES[dispute.state]
    words = f"{KINDS[dispute.kind]}: {end}"
    title = str(_("Case %(number)s", number=dispute.number))
    href = page_if_open("desk_disputes.case", number=dispute.number)
    return Chapter(dispute.opened_at, title, words, href)
