"""Ending a gift card before it is spent: what it still held is taken back, or moves to a card in its place."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from marketplace import events
from marketplace.credits import cards
from marketplace.credits.models import GiftCard
from marketplace.database import db
from marketplace.errors import Refusal
from marketplace.ledger import Account, Line, Posting, post
from marketplace.money import Money


class AlreadyVoided(Refusal):
    message = _l("This gift card has been voided already.")


class NothingLeft(Refusal):
    message = _l("Nothing is left on this gift card, so there is nothing to replace.")


class OwnCard(Refusal):
    message = _l("This is your own gift card. A colleague has to replace it.")
    status = 403


def can_replace(card: GiftCard, left: Money, *, by: events.HasActor) -> bool:
    """Whether ``by`` may replace a card that still holds ``left``: the button asks this, ``replace`` keeps it."""
    return card.voided_at is None and bool(left) and card.holder_id != by.actor.id


def void(card: GiftCard, *, by: events.HasActor, at: datetime, reason: str, order_id: int | None = None) -> Money:
    """Take back what the card still holds and return it: Dr gift-card liability, Cr losses.

    What was spent stays spent. The money taken back lowers the loss that made it necessary, such as a refund after
    the payout of ``order_id``. Raises ``AlreadyVoided``.
    """
    cause, left = _end(card, by=by, at=at, reason=reason)
    if left:
        _post("void", card, cause, at, Line(Account.LOSSES, -left, order_id=order_id), left, order_id)
    return left


def replace(card: GiftCard, *, by: events.HasActor, at: datetime, reason: str) -> tuple[GiftCard, str]:
    """Void a lost card and move what it still held to a new one: Dr and Cr gift-card liability (MK-66).

    Returns the new card and its code. Nobody replaces a card of their own. Raises ``OwnCard``, ``AlreadyVoided`` or
    ``NothingLeft``.
    """
    if card.holder_id is not None and card.holder_id == by.actor.id:
        raise OwnCard()
    cause, left = _end(card, by=by, at=at, reason=reason)
    if not left:
        raise NothingLeft()
    successor, code = cards.make_card(
        amount=left, reference=f"replaces {card.number}", at=at, holder_id=card.holder_id, replaces_id=card.id
    )
    _post("replace", card, cause, at, Line(Account.GIFT_CARD_LIABILITY, -left, gift_card_id=successor.id), left)
    return successor, code


def _end(card: GiftCard, *, by: events.HasActor, at: datetime, reason: str) -> tuple[events.Event, Money]:
    """Claim the card's end; only then is its balance read, so that no till can spend what is being moved."""
    claim = (
        sa.update(GiftCard)
        .where(GiftCard.id == card.id, GiftCard.voided_at.is_(None))
        .values(voided_at=at, void_reason=reason)
        .returning(GiftCard.id)
    )
    if db.session.scalar(claim) is None:
        raise AlreadyVoided()
    left = cards.balance_of(card)
    return events.record(card, "void", by=by, at=at, left_minor=left.minor), left


def _post(
    kind: str, card: GiftCard, cause: events.Event, at: datetime, to: Line, left: Money, order_id: int | None = None
) -> None:
    lines = (Line(Account.GIFT_CARD_LIABILITY, left, order_id=order_id, gift_card_id=card.id), to)
    post(Posting(kind, card, cause, at, card.number, lines))
