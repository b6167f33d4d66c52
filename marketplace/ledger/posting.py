"""Posting to the ledger, and reading balances back as sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from marketplace import events
from marketplace.database import db
from marketplace.errors import ProgrammingError
from marketplace.ledger.accounts import Account
from marketplace.ledger.models import LedgerEntry, LedgerTransaction
from marketplace.many_rows import insert_all
from marketplace.money import Money


@dataclass(frozen=True)
class Line:
    """One entry: ``amount`` is a debit when positive, a credit when negative. Lines of zero are left out."""

    account: Account
    amount: Money
    order_id: int | None = None
    gift_card_id: int | None = None
    store_credit_id: int | None = None


@dataclass(frozen=True)
class Posting:
    """A balanced movement owed by ``cause``. ``part`` tells several of one kind for one subject apart."""

    kind: str
    subject: Any
    cause: events.Event
    at: datetime
    reference: str
    lines: tuple[Line, ...]
    part: str = ""

    @property
    def key(self) -> str:
        key = f"{self.kind}:{self.subject.__tablename__}:{self.subject.id}"
        return f"{key}:{self.part}" if self.part else key

    def check(self) -> None:
        """Raise where the lines do not balance in each currency."""
        sums: dict[str, int] = {}
        for line in self.lines:
            sums[line.amount.currency] = sums.get(line.amount.currency, 0) + line.amount.minor
        if any(sums.values()) or not any(line.amount for line in self.lines):
            raise ProgrammingError(f"{self.key} does not balance: {sums}")


def post(posting: Posting) -> None:
    """Write one posting. The same key twice is refused by the database: nothing moves twice."""
    post_all([posting])


def post_all(postings: Sequence[Posting]) -> None:
    """Write many postings with two statements, however many there are (SQLite: one a posting and one)."""
    if not postings:
        return
    for posting in postings:
        posting.check()
    headers = [
        {"key": p.key, "kind": p.kind, "at": p.at, "event_id": p.cause.id, "reference": p.reference} for p in postings
    ]
    ids = insert_all(LedgerTransaction, headers, returning=LedgerTransaction.id)
    rows = [
        {
            "transaction_id": transaction_id,
            "account": line.account,
            "amount_minor": line.amount.minor,
            "currency": line.amount.currency,
            "order_id": line.order_id,
            "gift_card_id": line.gift_card_id,
            "store_credit_id": line.store_credit_id,
        }
        for transaction_id, posting in zip(ids, postings, strict=True)
        for line in posting.lines
        if line.amount
    ]
    insert_all(LedgerEntry, rows)
    for posting in postings:
        events.paid(posting.key)


def balance(account: Account, currency: str, **of: int) -> Money:
    """The sum of an account's entries (debits positive), narrowed by ``order_id=``, ``gift_card_id=`` and the like."""
    total = db.session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(LedgerEntry.amount_minor), 0)).filter_by(
            account=account, currency=currency, **of
        )
    )
    return Money(int(total or 0), currency)
