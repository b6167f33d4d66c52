"""Gift cards as records: made, found, counted. What a card is worth is never stored: it is a sum in the ledger."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from marketplace.credits import codes
from marketplace.credits.models import GiftCard
from marketplace.database import db, public_id
from marketplace.ledger import Account, balance
from marketplace.ledger.models import LedgerEntry
from marketplace.money import Money
from marketplace.people.models import LoyaltyAccount, Person


def successor_of(card: GiftCard) -> GiftCard | None:
    """The card that was issued in the place of a lost one."""
    return db.session.scalar(sa.select(GiftCard).where(GiftCard.replaces_id == card.id))


class CardState(enum.StrEnum):
    """What has become of a card. The label a person reads stands in ``credits.words``."""

    ACTIVE = "active"
    SPENT = "spent"
    VOIDED = "voided"


def state_of(card: GiftCard, left: Money) -> CardState:
    """The state of a card that still holds ``left``."""
    if card.voided_at is not None:
        return CardState.VOIDED
    return CardState.ACTIVE if left else CardState.SPENT


def make_card(
    *,
    amount: Money,
    reference: str,
    at: datetime,
    token_id: int | None = None,
    holder_id: int | None = None,
    replaces_id: int | None = None,
) -> tuple[GiftCard, str]:
    """A new card and its code. It is worth nothing until its issue is posted; the code is told this once."""
    code = codes.new_code()
    card = GiftCard(
        number=public_id("G", 10),
        code_hash=codes.hash_of(code),
        last_four=codes.last_four(code),
        reference=reference,
        token_id=token_id,
        holder_id=holder_id,
        initial_minor=amount.minor,
        currency=amount.currency,
        issued_at=at,
        replaces_id=replaces_id,
    )
    db.session.add(card)
    db.session.flush()
    return card, code


def renew_code(card: GiftCard) -> str:
    """Give a card that nobody has been handed yet a fresh code; the one before it opens nothing any more."""
    code = codes.new_code()
    card.code_hash, card.last_four = codes.hash_of(code), codes.last_four(code)
    db.session.flush()
    return code


def locked(*conditions: sa.ColumnElement[bool]) -> GiftCard | None:
    """The card these conditions name, locked: no other transaction spends, voids or renews it meanwhile."""
    return db.session.scalar(
        sa.select(GiftCard).where(*conditions).with_for_update().execution_options(populate_existing=True)
    )


def card_numbered(number: str) -> GiftCard | None:
    """The card of that number."""
    return db.session.scalar(sa.select(GiftCard).where(GiftCard.number == number))


def is_posted(card: GiftCard) -> bool:
    """Whether the card's issue stands in the ledger, so that its code is in somebody's hands."""
    entry = sa.select(LedgerEntry.id).where(LedgerEntry.gift_card_id == card.id).limit(1)
    return db.session.scalar(entry) is not None


def balance_of(card: GiftCard) -> Money:
    """What the card can still buy: the liability its entries add up to."""
    return -balance(Account.GIFT_CARD_LIABILITY, card.currency, gift_card_id=card.id)


def balances(cards: Iterable[GiftCard]) -> dict[int, Money]:
    """What each of these cards can still buy, by card id, in one statement."""
    currencies = {card.id: card.currency for card in cards}
    held = -sa.func.sum(LedgerEntry.amount_minor)
    rows = db.session.execute(
        sa.select(LedgerEntry.gift_card_id, held)
        .where(LedgerEntry.account == Account.GIFT_CARD_LIABILITY, LedgerEntry.gift_card_id.in_(currencies))
        .group_by(LedgerEntry.gift_card_id)
    )
    sums = {card_id: int(minor) for card_id, minor in rows}
    return {card_id: Money(sums.get(card_id, 0), currency) for card_id, currency in currencies.items()}


def cards_of(holder: Person) -> list[GiftCard]:
    """The cards a person was paid with, newest first."""
    return list(
        db.session.scalars(sa.select(GiftCard).where(GiftCard.holder_id == holder.id).order_by(GiftCard.id.desc()))
    )


def holder_by_email(email: str) -> Person | None:
    """The holder of gift cards with this loyalty or account e-mail (MK-66); None where no card went to it."""
    wanted = email.strip().lower()
    return db.session.scalar(
        sa.select(Person)
        .join(GiftCard, GiftCard.holder_id == Person.id)
        .outerjoin(LoyaltyAccount, LoyaltyAccount.id == Person.loyalty_account_id)
        .where(sa.or_(LoyaltyAccount.email == wanted, Person.email == wanted))
        .order_by(sa.case((LoyaltyAccount.email == wanted, 0), else_=1), Person.id)
        .limit(1)
    )
