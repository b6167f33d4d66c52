"""Spending gift cards and store credit, and taking that back.

Whatever is spent is drawn from *pots*, whose balances are summed under their locks: however many tills ask at once,
never more is spent than they hold (fault G03). A code that is unknown, voided or used up gets one and the same answer
(fault G04).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from marketplace import events
from marketplace.credits import cards, codes, store_credit
from marketplace.credits.models import ApiToken, GiftCard, Redemption
from marketplace.database import db, public_id
from marketplace.errors import NotFound, Refusal
from marketplace.ledger import Account, Line, Posting, post
from marketplace.ledger.models import LedgerEntry, LedgerTransaction
from marketplace.money import Money
from marketplace.people.models import Person

NO_CARD = 0  # no row has this id: an unknown code costs the same statements as a known one


class CardNotUsable(Refusal):
    """Unknown, voided and used up look the same from outside: a guess learns nothing."""

    message = _l("No gift card with a balance has this code.")
    status = 404


class NotEnoughLeft(Refusal):
    """``left`` is what is still there; whoever may spend it may know it."""

    message = _l("There is not this much left to spend.")

    def __init__(self, left: Money) -> None:
        super().__init__()
        self.left = left


class WrongCurrency(Refusal):
    message = _l("What is left to spend is in another currency.")


class NoCredit(Refusal):
    """Nobody with this address, and nothing to spend, look the same from outside."""

    message = _l("There is no store credit to spend under this address.")
    status = 404


class AlreadyReversed(Refusal):
    message = _l("This redemption has been reversed already.")


class CardVoided(Refusal):
    message = _l("The gift card has been voided since, so nothing can go back to it.")


# The one way of spending ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pot:
    """Something to spend from, and what it holds: a gift card, or one of a person's credits."""

    left: Money
    gift_card_id: int | None = None
    store_credit_id: int | None = None

    def gives(self, amount: Money) -> Line:
        """The line that takes ``amount`` from it."""
        if self.store_credit_id is None:
            return Line(Account.GIFT_CARD_LIABILITY, amount, gift_card_id=self.gift_card_id)
        return Line(Account.STORE_CREDIT_LIABILITY, amount, store_credit_id=self.store_credit_id)


def draw(pots: Sequence[Pot], amount: Money) -> tuple[Line, ...]:
    """The lines that take ``amount`` from ``pots``, the first one first; whoever read them holds their locks.

    Raises ``WrongCurrency`` or ``NotEnoughLeft``; where it does, nothing is to be posted.
    """
    if any(pot.left.currency != amount.currency for pot in pots):
        raise WrongCurrency()
    zero = Money.zero(amount.currency)
    held = sum((pot.left for pot in pots), zero)
    if held < amount:
        raise NotEnoughLeft(held)
    lines, wanted = [], amount
    for pot in pots:
        part = min(pot.left, wanted)
        lines.append(pot.gives(part))
        wanted = wanted - part
    return tuple(line for line in lines if line.amount)


def pots_of(holder_id: int, currency: str, *, at: datetime) -> list[Pot]:
    """A person's credit, locked, in the order in which it is spent."""
    held = store_credit.spendable(holder_id, at=at, currency=currency)
    return [Pot(one.left, store_credit_id=one.credit.id) for one in held]


# At a till -----------------------------------------------------------------------------------------------------------


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
    lines = draw([Pot(left, gift_card_id=card.id)], amount)
    return _redeem(lines, amount, reference, token, at, {"gift_card": card.id}, gift_card_id=card.id)


def redeem_credit(*, holder: Person, amount: Money, reference: str, token: ApiToken, at: datetime) -> Redemption:
    """Spend ``amount`` of a person's credit: Dr store-credit liability, Cr channel receivable, once (NAP-42, NAP-44).

    The brand's shop vouches that it is this person who buys. Raises ``NotEnoughLeft``.
    """
    lines = draw(pots_of(holder.id, amount.currency, at=at), amount)
    return _redeem(lines, amount, reference, token, at, {"holder": holder.id}, holder_id=holder.id)


def _redeem(
    lines: tuple[Line, ...],
    amount: Money,
    reference: str,
    token: ApiToken,
    at: datetime,
    detail: dict[str, int],
    **of: int,
) -> Redemption:
    redemption = Redemption(
        number=public_id("S", 10),
        token_id=token.id,
        amount_minor=amount.minor,
        currency=amount.currency,
        reference=reference,
        redeemed_at=at,
        **of,
    )
    db.session.add(redemption)
    cause = events.record(redemption, "redeem", by=events.SYSTEM, at=at, token=token.id, **detail)
    _post("redeem", redemption, cause, lines, amount, at)
    return redemption


def reverse(*, number: str, token: ApiToken, at: datetime) -> Redemption:
    """Give a redemption back to its card, to the card that has replaced it since, or to its holder's credit; once.

    Only the till that took it may: another's is ``NotFound``. Raises ``AlreadyReversed`` or ``CardVoided``.
    """
    redemption = db.session.scalar(
        sa.select(Redemption).where(Redemption.number == number, Redemption.token_id == token.id)
    )
    if redemption is None:
        raise NotFound()
    card = None if redemption.gift_card_id is None else _standing_card(redemption.gift_card_id)
    claim = (
        sa.update(Redemption)
        .where(Redemption.id == redemption.id, Redemption.reversed_at.is_(None))
        .values(reversed_at=at, reversed_to_id=None if card is None else card.id)
        .returning(Redemption.id)
    )
    if db.session.scalar(claim) is None:
        raise AlreadyReversed()
    detail = {"holder": redemption.holder_id} if card is None else {"gift_card": card.id}
    cause = events.record(redemption, "reverse", by=events.SYSTEM, at=at, token=token.id, **detail)
    if card is None:
        lines = give_back(f"redeem:{Redemption.__tablename__}:{redemption.id}", redemption.amount, at=at)
    else:
        lines = (Pot(redemption.amount, gift_card_id=card.id).gives(-redemption.amount),)
    _post("reverse", redemption, cause, lines, -redemption.amount, at)
    return redemption


def give_back(
    key: str, amount: Money, *, at: datetime, before: Money | None = None, good_for_days: int | None = None
) -> tuple[Line, ...]:
    """The lines that give ``amount`` of what the posting ``key`` took back to the credits it was taken from.

    What was taken last goes back first: it is what lasts longest. ``before`` went back already. A credit whose end is
    near, or over, is good for a while longer: for ``good_for_days``, or the policy's days.
    """
    taken = db.session.execute(
        sa.select(LedgerEntry.store_credit_id, LedgerEntry.amount_minor)
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(LedgerTransaction.key == key, LedgerEntry.account == Account.STORE_CREDIT_LIABILITY)
        .order_by(LedgerEntry.id.desc())
    ).all()
    skip, wanted, lines = before.minor if before else 0, amount.minor, []
    for credit_id, minor in taken:
        gone = min(minor, skip)
        skip -= gone
        part = min(minor - gone, wanted)
        wanted -= part
        lines.append(Line(Account.STORE_CREDIT_LIABILITY, Money(-part, amount.currency), store_credit_id=credit_id))
    regained = [line.store_credit_id for line in lines if line.amount and line.store_credit_id]
    store_credit.keep_alive(regained, at=at, days=good_for_days)
    return tuple(line for line in lines if line.amount)


def _standing_card(card_id: int) -> GiftCard:
    """The card, or the last of those that replaced it, locked."""
    card = cards.locked(GiftCard.id == card_id)
    while card is not None and card.voided_at is not None:
        card = cards.locked(GiftCard.replaces_id == card.id)
    if card is None:
        raise CardVoided()
    return card


def _post(
    kind: str, redemption: Redemption, cause: events.Event, lines: tuple[Line, ...], amount: Money, at: datetime
) -> None:
    shop = Line(Account.CHANNEL_RECEIVABLE, -amount)
    post(Posting(kind, redemption, cause, at, redemption.number, (*lines, shop)))
