"""What sellers owe us after a finding of fraud: taken from their next payouts, as far as those reach (GAP-19, GAP-21).

What a payout covers of a debt has been paid to its seller: it is not given back by anything that happens to that sale.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from marketplace import events
from marketplace.database import db
from marketplace.errors import Refusal
from marketplace.events import SYSTEM, HasActor
from marketplace.ledger import Account, Line, Posting, post
from marketplace.money import Money
from marketplace.payouts.facts import DebtCovered
from marketplace.payouts.models import Debt, Payout
from marketplace.people.models import Person

COVER = "cover"


class DebtIsSettled(Refusal):
    message = _l("Nothing is owed for this any more.")


def owe(order_id: int, seller_id: int, amount: Money, *, at: datetime) -> Debt:
    """Write down what a seller owes; the caller has debited seller receivable."""
    debt = Debt(
        seller_id=seller_id,
        order_id=order_id,
        amount_minor=amount.minor,
        open_minor=amount.minor,
        currency=amount.currency,
        since=at,
    )
    db.session.add(debt)
    db.session.flush()
    return debt


def owed_by(person: Person) -> Sequence[Debt]:
    """What somebody still owes, the oldest first."""
    owed: Sequence[Debt] = db.session.scalars(_open([person.id])).all()
    return owed


def of_order(order_id: int) -> Sequence[Debt]:
    """What is or was owed because of an order."""
    return db.session.scalars(sa.select(Debt).where(Debt.order_id == order_id).order_by(Debt.id)).all()


def _open(seller_ids: Iterable[int]) -> Any:
    return sa.select(Debt).where(Debt.seller_id.in_(seller_ids), Debt.open_minor > 0).order_by(Debt.id)


def cover(payouts: Sequence[Payout], *, at: datetime) -> list[Payout]:
    """Take what their sellers owe out of payouts that are about to leave, the oldest debt first.

    Returns those of which anything is left to pay. Dr seller payable, Cr seller receivable.
    """
    query = _open({payout.seller_id for payout in payouts}).with_for_update()
    debts: Sequence[Debt] = db.session.scalars(query.execution_options(populate_existing=True)).all()
    for payout in payouts if debts else ():
        mine = [debt for debt in debts if debt.seller_id == payout.seller_id and debt.currency == payout.currency]
        _cover(payout, mine, at)
    return [payout for payout in payouts if payout.amount]


def _cover(payout: Payout, debts: Sequence[Debt], at: datetime) -> None:
    taken: list[tuple[Debt, Money]] = []
    for debt in debts:
        part = min(debt.open, payout.amount)
        if part:
            debt.open_minor -= part.minor
            payout.amount_minor -= part.minor
            payout.covered_minor += part.minor
            taken.append((debt, part))
    if not taken:
        return
    said: dict[str, Any] = {
        "minor": sum(part.minor for _debt, part in taken),
        "order_ids": [debt.order_id for debt, _part in taken],
    }
    if payout.amount:
        cause = events.record(payout, "cover_part", by=SYSTEM, at=at, **said)
    else:
        cause = events.transition(payout, COVER, by=SYSTEM, at=at, **said)
    lines = [
        line
        for debt, part in taken
        for line in (
            Line(Account.SELLER_PAYABLE, part, order_id=payout.order_id),
            Line(Account.SELLER_RECEIVABLE, -part, order_id=debt.order_id),
        )
    ]
    key = str(cause.id) if payout.amount else ""  # the last of several takes all, and the move itself owes its posting
    post(Posting("covered", payout, cause, at, payout.reference, tuple(lines), part=key))
    for debt, part in taken:
        events.announce(DebtCovered(payout.id, debt.id, part, at))


def forgive(debt: Debt, *, by: HasActor, at: datetime) -> None:
    """What is still open is not asked for any more: Dr losses, Cr seller receivable. Raises ``DebtIsSettled``."""
    db.session.refresh(debt, with_for_update=True)
    left = debt.open
    if not left:
        raise DebtIsSettled()
    debt.open_minor = 0
    cause = events.record(debt, "forgive", by=by, at=at, minor=left.minor)
    lines = (
        Line(Account.LOSSES, left, order_id=debt.order_id),
        Line(Account.SELLER_RECEIVABLE, -left, order_id=debt.order_id),
    )
    post(Posting("forgiven", debt, cause, at, str(debt.order_id), lines))
