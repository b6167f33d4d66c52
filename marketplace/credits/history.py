"""A person's store credit as their account shows it: every movement the ledger has of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from marketplace.credits.models import StoreCredit
from marketplace.database import db
from marketplace.ledger import Account
from marketplace.ledger.models import LedgerEntry, LedgerTransaction
from marketplace.money import Money
from marketplace.people.models import Person

MOST_SHOWN = 200

# What a posting did to credit, in the words of who holds it.
MOVEMENTS: dict[str, LazyString] = {
    "issue": _l("Paid to you"),
    "redeem": _l("Spent"),
    "reverse": _l("Given back"),
    "credit_held": _l("Paid at our checkout"),
    "credit_let_go": _l("Given back: not paid for"),
    "refund": _l("Given back with a refund"),
    "refund_part": _l("Given back with a refund"),
    "expire": _l("Ended unspent"),
    "void": _l("Taken back with the sale"),
}


@dataclass(frozen=True)
class Movement:
    """One thing that happened to a person's credit; ``amount`` is what it gained, or lost."""

    label: LazyString
    at: datetime
    reference: str
    amount: Money


def movements(holder: Person) -> list[Movement]:
    """What happened to a person's credit, newest first."""
    gained = -sa.func.sum(LedgerEntry.amount_minor)
    rows = db.session.execute(
        sa.select(
            LedgerTransaction.kind, LedgerTransaction.at, LedgerTransaction.reference, LedgerEntry.currency, gained
        )
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .join(StoreCredit, StoreCredit.id == LedgerEntry.store_credit_id)
        .where(StoreCredit.holder_id == holder.id, LedgerEntry.account == Account.STORE_CREDIT_LIABILITY)
        .group_by(LedgerTransaction.id, LedgerEntry.currency)
        .order_by(LedgerTransaction.id.desc())
        .limit(MOST_SHOWN)
    )
    return [
        Movement(MOVEMENTS[kind], at, reference, Money(int(minor), currency))
        for kind, at, reference, currency, minor in rows
    ]
