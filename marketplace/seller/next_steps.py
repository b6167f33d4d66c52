"""Where a listing stands for its seller: who acts next, by when, and what happens if nobody does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask import url_for
from flask_babel import gettext as _

from marketplace.database import db
from marketplace.listings.finding import public_path
from marketplace.listings.labels import LABELS, tone
from marketplace.listings.models import Listing
from marketplace.listings.permissions import can_edit, can_share
from marketplace.listings.review import decision_words
from marketplace.listings.states import ListingState
from marketplace.money import Money
from marketplace.orders.models import Order
from marketplace.presentation import deadline, money
from marketplace.programme import versions


@dataclass(frozen=True)
class NextStep:
    """One status word, one sentence, one link. ``is_mine``: the seller is the one who has to act."""

    label: str
    tone: str
    text: str
    href: str
    link_label: str
    is_mine: bool = False
    due: datetime | None = None
    share_path: str | None = None  # only while live (MK-33)


def next_step(listing: Listing) -> NextStep:
    """What the seller reads beside her listing."""
    state = listing.state
    mine = can_edit(listing) or state is ListingState.PRICE_PROPOSED
    return NextStep(
        label=str(LABELS[state]),
        tone=tone(state),
        text=_TEXTS[state](listing),
        href=_href(listing),
        link_label=_link_label(state),
        is_mine=mine,
        due=listing.review_due_at if state is ListingState.SUBMITTED else None,
        share_path=public_path(listing) if can_share(listing) else None,
    )


def _href(listing: Listing) -> str:
    if listing.state is ListingState.DRAFT:
        return url_for(f"wizard.{listing.step}.{listing.step}", number=listing.number)
    if listing.state is ListingState.CHANGES_REQUESTED:
        return url_for("wizard.check.check", number=listing.number)
    return url_for("wardrobe.listing", number=listing.number)


def _link_label(state: ListingState) -> str:
    if state is ListingState.DRAFT:
        return str(_("Go on"))
    if state is ListingState.CHANGES_REQUESTED:
        return str(_("See what to change"))
    return str(_("Answer")) if state is ListingState.PRICE_PROPOSED else str(_("Open"))


def _submitted(listing: Listing) -> str:
    due = deadline(listing.review_due_at) if listing.review_due_at else ""
    return str(_("Our team reviews it by %(due)s. If we are late, we tell you the new date.", due=due))


def _proposed(listing: Listing) -> str:
    proposed = money(Money(listing.proposed_price_minor or 0, listing.currency))
    return str(_("We propose %(price)s. Nothing goes live until you accept it.", price=proposed))


def _declined(listing: Listing) -> str:
    email = versions.current().policy.identity.support.email
    return str(_("%(reason)s Questions: %(email)s", reason=decision_words(listing), email=email))


def _sold(listing: Listing) -> str:
    sale = sale_of(listing)
    return str(_("Sale %(number)s.", number=sale.number)) if sale else str(_("It has a new owner."))


_TEXTS: dict[ListingState, Callable[[Listing], str]] = {
    ListingState.DRAFT: lambda _listing: str(_("Not handed in yet. It is kept as it is until you go on.")),
    ListingState.SUBMITTED: _submitted,
    ListingState.CHANGES_REQUESTED: lambda _listing: str(
        _("Our reviewer asks for a change. Nothing happens until you hand it in again.")
    ),
    ListingState.PRICE_PROPOSED: _proposed,
    ListingState.DECLINED: _declined,
    ListingState.LIVE: lambda _listing: str(_("In the shop until somebody buys it or you take it out.")),
    ListingState.PAUSED: lambda _listing: str(_("Not in the shop until you resume it.")),
    ListingState.HELD: lambda _listing: str(
        _("Somebody is paying for it right now. If that does not go through, it is in the shop again within the hour.")
    ),
    ListingState.SOLD: _sold,
    ListingState.WITHDRAWN: lambda _listing: str(_("You no longer offer it.")),
    ListingState.REMOVED: _declined,
}


def sale_of(listing: Listing) -> Order | None:
    """The order that sold this listing, if any."""
    return db.session.scalar(
        sa.select(Order)
        .where(Order.listing_id == listing.id, Order.paid_at.is_not(None))
        .order_by(Order.id.desc())
        .limit(1)
    )
