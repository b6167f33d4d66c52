"""What must always be true of the ledger, asked of the database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from marketplace.database import db
from marketplace.ledger import triggers
from marketplace.ledger.accounts import Account
from marketplace.ledger.models import LedgerEntry, LedgerTransaction
from marketplace.ledger.seals import broken_seals, never_sealed

_further: list[Callable[[], list[str]]] = []


def also(proof: Callable[[], list[str]]) -> None:
    """Ask this too: what a concept above must find in the ledger; ``wiring`` alone calls this. Twice has no effect."""
    if proof not in _further:
        _further.append(proof)


def unbalanced() -> list[str]:
    """Keys of transactions whose entries do not sum to zero in some currency, or that have none."""
    lopsided = (
        sa.select(LedgerEntry.transaction_id)
        .group_by(LedgerEntry.transaction_id, LedgerEntry.currency)
        .having(sa.func.sum(LedgerEntry.amount_minor) != 0)
    )
    is_empty = ~sa.exists().where(LedgerEntry.transaction_id == LedgerTransaction.id)
    wrong = sa.or_(LedgerTransaction.id.in_(lopsided), is_empty)
    return sorted(db.session.scalars(sa.select(LedgerTransaction.key).where(wrong)))


def escrow_by_order() -> dict[int, int]:
    """Orders whose escrow is not zero: order id to minor units held (positive: we owe it)."""
    held = -sa.func.sum(LedgerEntry.amount_minor)
    rows = db.session.execute(
        sa.select(LedgerEntry.order_id, held)
        .where(LedgerEntry.account == Account.ESCROW, LedgerEntry.order_id.is_not(None))
        .group_by(LedgerEntry.order_id)
        .having(held != 0)
    )
    return {order_id: int(minor) for order_id, minor in rows if order_id is not None}


def overdrawn_gift_cards() -> dict[int, int]:
    """Gift cards of which more was spent than they held: card id to minor units too much."""
    return _overdrawn(Account.GIFT_CARD_LIABILITY, LedgerEntry.gift_card_id)


def overdrawn_credits() -> dict[int, int]:
    """Store credits of which more was spent than they held: credit id to minor units too much."""
    return _overdrawn(Account.STORE_CREDIT_LIABILITY, LedgerEntry.store_credit_id)


def _overdrawn(liability: Account, holder: Any) -> dict[int, int]:
    overdrawn = sa.func.sum(LedgerEntry.amount_minor)
    rows = db.session.execute(
        sa.select(holder, overdrawn)
        .where(LedgerEntry.account == liability, holder.is_not(None))
        .group_by(holder)
        .having(overdrawn > 0)
    )
    return {key: int(minor) for key, minor in rows}


def credit_of_nobody() -> int:
    """Entries of the store-credit liability that name no credit: it is the sum of what people hold, and no more."""
    nameless = (LedgerEntry.account == Account.STORE_CREDIT_LIABILITY, LedgerEntry.store_credit_id.is_(None))
    return int(db.session.scalar(sa.select(sa.func.count()).select_from(LedgerEntry).where(*nameless)) or 0)


def faults() -> list[str]:
    """Everything wrong with the ledger, one sentence each; empty when it is sound."""
    found = [f"transaction {key} does not balance" for key in unbalanced()]
    found += [
        f"escrow of order id {order} is negative: {minor}" for order, minor in escrow_by_order().items() if minor < 0
    ]
    found += [f"gift card id {card} is overdrawn by {minor}" for card, minor in overdrawn_gift_cards().items()]
    found += [f"store credit id {credit} is overdrawn by {minor}" for credit, minor in overdrawn_credits().items()]
    found += [f"{nameless} entries of store credit name no credit" for nameless in [credit_of_nobody()] if nameless]
    found += [f"seal {seal} is broken" for seal in broken_seals()]
    found += [f"{behind} transactions were never sealed" for behind in [never_sealed()] if behind]
    found += [f"trigger {name} is missing" for name in triggers.missing(db.session.connection())]
    for further in _further:
        found += further()
    return found
