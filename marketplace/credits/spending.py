"""Spending a gift card at one of the brand's tills, and taking that back.

The balance is summed under the card's lock, so however many tills ask at once, never more is spent than the card
holds (fault G03). A code that is unknown, voided or used up gets one and the same answer (fault G04).
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from marketplace import events
from marketplace.credits import cards, codes
from marketplace.credits.models import ApiToken, GiftCard, Redemption
from marketplace.database import db, public_id
from marketplace.errors import NotFound, Refusal
from marketplace.ledger import Account, Line, Posting, post
from marketplace.ledger.models import LedgerEntry
from marketplace.money import Money

NO_CARD = 0  # no row has this id: an unknown code costs the same statements as a known one


class CardNotUsable(Refusal):
    """Unknown, voided and used up look the same from outside: a guess learns nothing."""

    message = _l("No gift card with a balance has this code.")
    status = 404


class NotEnoughLeft(Refusal):
    """``left`` is what the card still holds; whoever knows the code may know it."""

    message = _l("The gift card does not hold this much.")

    def __init__(self, left: Money) -> None:
        super().__init__()
        self.left = left


class WrongCurrency(Refusal):
    message = _l("The gift card is in another currency.")


class AlreadyReversed(Refusal):
    message = _l("This redemption has been reversed already.")


class CardVoided(Refusal):
    message = _l("The gift card has been voided since, so nothing can go back to it.")


def usable_card(code: str) -> tuple[GiftCard, Money]:
    """The card with this code and what it holds, locked until the transaction ends; raises ``CardNotUsable``."""
    card = cards.locked(GiftCard.code_hash == codes.hash_of(code))
    left = _held(card.id if card else NO_CARD)
    if card is None or card.voided_at is not None or left <= 0:
        raise CardNotUsable()
    return card, Money(left, card.currency)


def _held(card_id: int) -> int:
    total = sa.select(sa.func.coalesce(-sa.func.sum(LedgerEntry.amount_minor), 0)).where(
        LedgerEntry.account == Account.GIFT_CARD_LIABILITY, LedgerEntry.gift_card_id == card_id
    )
    return int(db.session.scalar(total) or 0)


def redeem(*, code: str, amount: Money, reference: str, token: ApiToken, at: datetime) -> Redemption:
    """Spend ``amount`` from the card: Dr gift-card liability, Cr channel receivable, once.

    The shop behind the till has given goods for it, so what the brand's shops owe us for cards we issued grows less.

    ``reference`` is the till's own receipt number. Raises ``CardNotUsable``, ``WrongCurrency`` or ``NotEnoughLeft``.
    """
    card, left = usable_card(code)
    if amount.currency != card.currency:
        raise WrongCurrency()
    if left < amount:
        raise NotEnoughLeft(left)
    redemption = Redemption(
        number=public_id("S", 10),
        gift_card_id=card.id,
        token_id=token.id,
        amount_minor=amount.minor,
        currency=amount.currency,
        reference=reference,
        redeemed_at=at,
    )
    db.session.add(redemption)
    cause = events.record(redemption, "redeem", by=events.SYSTEM, at=at, gift_card=card.id, token=token.id)
    _post("redeem", redemption, cause, card, amount, at)
    return redemption


def reverse(*, number: str, token: ApiToken, at: datetime) -> Redemption:
    """Give a redemption back to its card, or to the card that has replaced it since; once.

    Only the till that took it may: another's is ``NotFound``. Raises ``AlreadyReversed`` or ``CardVoided``.
    """
    redemption = db.session.scalar(
        sa.select(Redemption).where(Redemption.number == number, Redemption.token_id == token.id)
    )
    if redemption is None:
        raise NotFound()
    card = _standing_card(redemption.gift_card_id)
    claim = (
        sa.update(Redemption)
        .where(Redemption.id == redemption.id, Redemption.reversed_at.is_(None))
        .values(reversed_at=at, reversed_to_id=card.id)
        .returning(Redemption.id)
    )
    if db.session.scalar(claim) is None:
        raise AlreadyReversed()
    cause = events.record(redemption, "reverse", by=events.SYSTEM, at=at, gift_card=card.id, token=token.id)
    _post("reverse", redemption, cause, card, -redemption.amount, at)
    return redemption


def _standing_card(card_id: int) -> GiftCard:
    """The card, or the last of those that replaced it, locked."""
    card = cards.locked(GiftCard.id == card_id)
    while card is not None and card.voided_at is not None:
        card = cards.locked(GiftCard.replaces_id == card.id)
    if card is None:
        raise CardVoided()
    return card


def _post(kind: str, redemption: Redemption, cause: events.Event, card: GiftCard, amount: Money, at: datetime) -> None:
    lines = (
        Line(Account.GIFT_CARD_LIABILITY, amount, gift_card_id=card.id),
        Line(Account.CHANNEL_RECEIVABLE, -amount),
    )
    post(Posting(kind, redemption, cause, at, card.number, lines))
