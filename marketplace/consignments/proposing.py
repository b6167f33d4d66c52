"""The price on the table: ours first, once its owner's, and what is listed is agreed before (NAP-29)."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace.consignments import selling, smart_pricing, terms
from marketplace.consignments.models import ConsignedPiece
from marketplace.consignments.moving import locked, move
from marketplace.consignments.states import CannotAnswerProposal
from marketplace.custody.examining import end_draft
from marketplace.errors import Refusal
from marketplace.events import HasActor
from marketplace.listings.completeness import check_complete
from marketplace.listings.drafting import check_price, save_price
from marketplace.money import Money, format_money
from marketplace.people.models import Person


class NotFoundGenuine(Refusal):
    message = _l("Nobody has found this piece genuine yet.")


class NoCounter(Refusal):
    message = _l("Another price can be named once, and it was.")


class CounterOutOfBounds(Refusal):
    """A price that is not above ours, or that no listing may have."""

    status = 422


def propose(piece: ConsignedPiece, *, by: Person, at: datetime) -> None:
    """Put the price of the finished draft on the table (NAP-29): photographed, graded, found genuine.

    Raises ``NotFoundGenuine``, ``Incomplete`` or ``CannotPropose``.
    """
    piece = locked(piece)
    piece.machine.next_state(piece.state, "propose")
    if piece.found_genuine_by is None or piece.listing is None:
        raise NotFoundGenuine()
    check_complete(piece.listing)
    move(piece, "propose", by=by, at=at, price_minor=piece.listing.price_minor)


def accept(piece: ConsignedPiece, *, smart: bool = False, by: HasActor, at: datetime) -> None:
    """The owner takes the proposal; the piece goes into the shop at once. Raises ``CannotAnswerProposal``.

    ``smart``: she lets its price fall by steps, where her terms offer it (NAP-36).
    """
    piece = locked(piece)
    move(piece, "accept", by=by, at=at)
    smart_pricing.forget(piece)
    selling.put_on_sale(piece, by=by, at=at)
    if smart:
        smart_pricing.begin(piece, at=at)


def can_counter(piece: ConsignedPiece) -> bool:
    """Whether its owner may still name a price: once, where the policy lets her."""
    return piece.countered_minor is None and terms.rules(piece).counters


def counter(piece: ConsignedPiece, price: Money, *, by: HasActor, at: datetime) -> None:
    """The owner names a price, once; we answer.

    Raises ``NoCounter``, ``CounterOutOfBounds``, ``PriceOutOfBounds`` or ``CannotAnswerProposal``.
    """
    piece = locked(piece)
    piece.machine.next_state(piece.state, "counter")
    if not can_counter(piece):
        raise NoCounter()
    if piece.price is None or price.minor <= piece.price.minor:
        least = format_money(piece.price or Money.zero(piece.currency), whole=True)
        raise CounterOutOfBounds(_("Name more than our %(price)s, or accept it.", price=least))
    check_price(price, terms.of_owner(piece.consignment))
    move(piece, "counter", by=by, at=at, countered_minor=price.minor)


def agree(piece: ConsignedPiece, *, by: Person, at: datetime) -> None:
    """The owner's price it is; the piece goes into the shop at it. Raises ``CannotAnswerCounter``."""
    piece = locked(piece)
    move(piece, "agree", by=by, at=at, price_minor=piece.countered_minor)
    smart_pricing.forget(piece)
    if piece.listing is None or piece.price is None:
        raise CannotAnswerProposal()
    save_price(piece.listing, price=piece.price, by=by, at=at)
    selling.put_on_sale(piece, by=by, at=at)


def stand(piece: ConsignedPiece, *, by: Person, at: datetime) -> None:
    """We keep to our price; its owner answers once more. Raises ``CannotAnswerCounter``."""
    move(locked(piece), "stand", by=by, at=at)


def refuse(piece: ConsignedPiece, *, by: HasActor, at: datetime) -> None:
    """The owner does not take our price, or says nothing: it goes back to her. Raises ``CannotAnswerProposal``."""
    piece = locked(piece)
    move(piece, "refuse", by=by, at=at)
    move(piece, "go_back", by=by, at=at)
    end_draft(piece.listing, by=by, at=at)
