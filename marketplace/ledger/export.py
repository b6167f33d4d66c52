"""The ledger as a plain journal that hledger reads strictly: declared accounts and commodities, ISO dates."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from babel.numbers import get_currency_precision
from sqlalchemy.orm import selectinload

from marketplace.database import db
from marketplace.ledger.accounts import Account
from marketplace.ledger.models import LedgerEntry, LedgerTransaction
from marketplace.money import Money


def journal() -> Iterator[str]:
    """The lines of the journal: declarations first, then every transaction in the order of its id.

    The code in brackets is the number people see; the description is the posting's kind.
    """
    for account in Account:
        yield f"account {account.value}"
    for currency in db.session.scalars(sa.select(LedgerEntry.currency).distinct().order_by(LedgerEntry.currency)):
        decimals = get_currency_precision(currency)
        yield f"commodity 1000.{'0' * decimals} {currency}"
    yield ""
    transactions = db.session.scalars(
        sa.select(LedgerTransaction)
        .options(selectinload(LedgerTransaction.entries))
        .order_by(LedgerTransaction.id)
        .execution_options(yield_per=500)
    )
    for transaction in transactions:
        yield f"{transaction.at:%Y-%m-%d} ({transaction.reference}) {transaction.kind}  ; key: {transaction.key}"
        for entry in transaction.entries:
            amount = Money(entry.amount_minor, entry.currency).plain
            yield f"    {entry.account.value}  {amount} {entry.currency}"
        yield ""
