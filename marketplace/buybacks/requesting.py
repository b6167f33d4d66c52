"""Asking us for a quote: one piece, described; every reason why we would not buy it is said at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace.buybacks import waiting
from marketplace.buybacks.models import Buyback
from marketplace.buybacks.moving import locked, move
from marketplace.buybacks.states import OPEN, BuybackState
from marketplace.custody.examining import draft, end_draft
from marketplace.custody.taking import PieceNotTaken, Wish, check_kind
from marketplace.database import db, public_id
from marketplace.errors import Refusal
from marketplace.events import record
from marketplace.listings.drafting import UnknownAccessory
from marketplace.listings.models import Item, Listing
from marketplace.listings.states import OPEN as OPEN_LISTING
from marketplace.orders.models import Order
from marketplace.orders.states import OrderState
from marketplace.people.models import Person
from marketplace.programme import Policy, versions
from marketplace.programme.policy.buying import Buying
from marketplace.programme.wording import both
from marketplace.shipping import parcels


class BuyingIsOff(Refusal):
    message = _l("This programme does not buy pieces.")


class PrivatePeopleOnly(Refusal):
    message = _l("We buy from private people only. Please confirm that you are one.")
    status = 422


class NotBoughtHere(Refusal):
    """Not this person's, not settled, or no longer hers; or the programme does not buy back what it sold (LUX-77)."""

    message = _l("We make no offer for this piece.")


class AskedAlready(Refusal):
    message = _l("This piece is with us already: there is an open quote or listing for it.")


def check_piece(policy: Policy, *, house: str, category: str, grade: str) -> None:
    """Raise ``PieceNotTaken`` with the reason where such a piece is none we buy (NAP-06, NAP-08, NAP-10)."""
    rule = policy.modes.buyback
    if not rule.is_on:
        raise BuyingIsOff()
    if not rule.takes_house(house):
        raise PieceNotTaken(
            "house", _("We buy pieces of these houses only: %(houses)s.", houses=", ".join(rule.houses))
        )
    check_kind(policy, category=category, grade=grade)
    found = policy.eligibility.category(category)
    if rule.groups and found is not None and found.group not in rule.groups:
        raise PieceNotTaken("category", _("We buy these only: %(groups)s.", groups=group_words(policy)))
    if rule.grades and grade not in rule.grades:
        raise PieceNotTaken("grade", _("We buy pieces in these grades only: %(grades)s.", grades=grade_words(policy)))


def group_words(policy: Policy) -> str:
    """The groups of pieces that are bought, in words."""
    rule = policy.modes.buyback
    return both([one.label for one in policy.eligibility.accepted_groups if not rule.groups or one.key in rule.groups])


def grade_words(policy: Policy) -> str:
    """The grades that are bought, in words."""
    rule = policy.modes.buyback
    return both([one.label for one in policy.condition.accepted_grades if not rule.grades or one.key in rule.grades])


def request(
    wish: Wish,
    *,
    includes: Sequence[str] = (),
    item: Item | None = None,
    order: Order | None = None,
    is_private: bool = False,
    by: Person,
    at: datetime,
) -> Buyback:
    """Ask for a quote. ``item`` where the piece is known here, ``order`` where it was bought here (LUX-77).
    ``is_private``: she declares to sell as a private person, which policy may ask for (LUX-64).

    The brand's draft of it is begun at once, for its photos; it cannot be published before the piece is ours.
    Raises ``BuyingIsOff``, ``PrivatePeopleOnly``, ``PieceNotTaken``, ``UnknownAccessory``, ``NotBoughtHere`` or
    ``AskedAlready``.
    """
    published = versions.current()
    policy = published.policy
    check_piece(policy, house=wish.house, category=wish.category, grade=wish.grade)
    if policy.modes.buyback.private_only and not is_private:
        raise PrivatePeopleOnly()
    known = [accessory.key for accessory in policy.condition.comes_with]
    if set(includes) - set(known):
        raise UnknownAccessory()
    if order is not None:
        item = _bought_here(order, policy.modes.buyback, by)
    if item is not None:
        _check_free(item, by)
    buyback = Buyback(
        number=public_id("Q"),
        owner_id=by.id,
        policy_version_id=published.id,
        state=BuybackState.SUBMITTED,
        submitted_at=at,
        currency=policy.market.currency,
        includes=[key for key in known if key in includes],
        factors=[],
        order_id=order.id if order else None,
        item=item,
        fee_minor=0,
        **wish.columns,
    )
    db.session.add(buyback)
    db.session.flush()
    listing = draft(buyback, buyback.number, by.id, by=by, at=at)
    listing.grade, listing.includes = buyback.grade, list(buyback.includes)
    record(buyback, "ask", by=by, at=at, is_private=is_private)
    waiting.wait(buyback, at=at)
    return buyback


def _bought_here(order: Order, rule: Buying, person: Person) -> Item:
    """The piece of an order that is settled and whose buyer still owns it."""
    if not can_offer(order, rule, person):
        raise NotBoughtHere()
    return order.item


def can_offer(order: Order, rule: Buying, person: Person) -> bool:
    """Whether the piece of this order may be offered to us: a question is free, an answer case by case (LUX-77)."""
    is_hers = order.buyer_id == person.id and order.item.owner_id == person.id
    return rule.is_on and rule.takes_bought_here and is_hers and order.state is OrderState.SETTLED


def _check_free(item: Item, by: Person) -> None:
    """Raise unless the item is this person's and nothing is open about it."""
    if item.owner_id != by.id or item.quarantined_at is not None:
        raise NotBoughtHere()
    asked = sa.select(Buyback.id).where(Buyback.item_id == item.id, Buyback.state.in_(OPEN))
    if db.session.scalar(asked) is not None or item_is_listed(item):
        raise AskedAlready()


def item_is_listed(item: Item) -> bool:
    """Whether a listing of the item is open."""
    from_item = sa.select(Listing.id).where(Listing.item_id == item.id, Listing.state.in_(OPEN_LISTING))
    return db.session.scalar(from_item) is not None


def withdraw(buyback: Buyback, *, by: Person, at: datetime) -> None:
    """Think better of it before the piece is sent. Raises ``CannotCallOff``."""
    buyback = locked(buyback)
    was_accepted = buyback.state is BuybackState.ACCEPTED
    move(buyback, "withdraw", by=by, at=at)
    end_draft(buyback.listing, by=by, at=at)
    if was_accepted:
        parcels.cancel_inbound(buyback.number, by=by, at=at)
