"""Store credit: bound to a person, spent before it expires, and then ours (NAP-42 to NAP-45)."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from marketplace import events
from marketplace.clock import BusinessCalendar
from marketplace.credits.facts import CreditExpiresSoon
from marketplace.credits.models import StoreCredit
from marketplace.database import db, public_id
from marketplace.events import SYSTEM, HasActor
from marketplace.jobs import deadlines
from marketplace.ledger import Account, Line, Posting, post
from marketplace.ledger.models import LedgerEntry
from marketplace.money import Money
from marketplace.people.models import Person
from marketplace.programme import Policy, versions

EXPIRES = "credit_expires"
WARNING = "credit_warning"


@dataclass(frozen=True)
class CreditLeft:
    """One credit, and what is left of it."""

    credit: StoreCredit
    left: Money


def last_moment(issued_at: datetime, months: int, calendar: BusinessCalendar) -> datetime:
    """The last second of the same day ``months`` later, local time (NAP-43); the month's last where it is shorter."""
    day = issued_at.astimezone(calendar.zone)
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    last = min(day.day, monthrange(year, month)[1])
    return calendar.end_of_day(day.date().replace(year=year, month=month, day=last))


def issue(
    holder_id: int, amount: Money, *, bonus: Money, reference: str, terms: Policy, at: datetime
) -> tuple[StoreCredit, tuple[Line, ...]]:
    """A new credit of ``amount`` and ``bonus``, and the lines that make it worth something.

    The caller posts them with what the credit is given for: the programme's bonus is an expense of its own.
    """
    credit = StoreCredit(
        number=public_id("B"),
        holder_id=holder_id,
        reference=reference,
        initial_minor=(amount + bonus).minor,
        bonus_minor=bonus.minor,
        currency=amount.currency,
        issued_at=at,
        expires_at=last_moment(at, terms.payout.store_credit.valid_months, versions.current().calendar),
    )
    db.session.add(credit)
    db.session.flush()
    deadlines.set_deadline(EXPIRES, credit, credit.expires_at)
    _warn_next(credit, after=at)
    return credit, (
        Line(Account.PAYOUT_BONUS, bonus),
        Line(Account.STORE_CREDIT_LIABILITY, -credit.initial, store_credit_id=credit.id),
    )


def credits_of(holder: Person) -> list[StoreCredit]:
    """Everything credited to a person, newest first."""
    mine = sa.select(StoreCredit).where(StoreCredit.holder_id == holder.id)
    return list(db.session.scalars(mine.order_by(StoreCredit.id.desc())))


def holder_by_email(email: str) -> Person | None:
    """Who was ever given credit under this address; None where nobody was."""
    mine = sa.select(StoreCredit.id).where(StoreCredit.holder_id == Person.id)
    wanted = sa.select(Person).where(Person.email == email.strip().lower(), mine.exists())
    return db.session.scalar(wanted.order_by(Person.id).limit(1))


def spendable(holder_id: int, *, at: datetime, currency: str = "") -> list[CreditLeft]:
    """What a person may spend, in the order it is spent, locked until the transaction ends.

    What expires first goes first. Two tills at once wait for each other here, and the second sees what is left (G03).
    """
    mine = sa.select(StoreCredit).where(
        StoreCredit.holder_id == holder_id, StoreCredit.expired_at.is_(None), StoreCredit.expires_at >= at
    )
    if currency:
        mine = mine.where(StoreCredit.currency == currency)
    locked = mine.order_by(StoreCredit.id).with_for_update()  # as everywhere: two never wait for each other in a ring
    held = db.session.scalars(locked.execution_options(populate_existing=True)).all()
    found = sorted(held, key=lambda credit: (credit.expires_at, credit.id))
    left = balances(found)
    return [CreditLeft(credit, left[credit.id]) for credit in found if left[credit.id]]


def balance_of(holder_id: int, currency: str, *, at: datetime) -> Money:
    """What a person may spend in this currency now: the sum of what is left of each credit."""
    held = -sa.func.sum(LedgerEntry.amount_minor)
    total = db.session.scalar(
        sa.select(held)
        .join(StoreCredit, StoreCredit.id == LedgerEntry.store_credit_id)
        .where(
            LedgerEntry.account == Account.STORE_CREDIT_LIABILITY,
            StoreCredit.holder_id == holder_id,
            StoreCredit.currency == currency,
            StoreCredit.expired_at.is_(None),
            StoreCredit.expires_at >= at,
        )
    )
    return Money(int(total or 0), currency)


def balances(held: Sequence[StoreCredit]) -> dict[int, Money]:
    """What is left of each of these credits, by id, in one statement."""
    currencies = {credit.id: credit.currency for credit in held}
    left = -sa.func.sum(LedgerEntry.amount_minor)
    rows = db.session.execute(
        sa.select(LedgerEntry.store_credit_id, left)
        .where(LedgerEntry.account == Account.STORE_CREDIT_LIABILITY, LedgerEntry.store_credit_id.in_(list(currencies)))
        .group_by(LedgerEntry.store_credit_id)
    )
    sums = {credit_id: int(minor) for credit_id, minor in rows}
    return {credit_id: Money(sums.get(credit_id, 0), currency) for credit_id, currency in currencies.items()}


def keep_alive(credit_ids: Sequence[int], *, at: datetime, days: int | None = None) -> None:
    """What goes back to a credit must not be lost at once: it is good for so many days at least, else the policy's.

    One that had ended, whether by its day or with the sale it was paid for, is open again.
    """
    if days is None:
        days = versions.current().policy.payout.store_credit.returned_days
    floor = at + timedelta(days=days)
    for credit in _locked(credit_ids):
        if credit.expired_at is None and credit.expires_at >= floor:
            continue
        credit.expires_at, credit.expired_at = max(credit.expires_at, floor), None
        events.record(credit, "extend", by=SYSTEM, at=at)
        deadlines.set_deadline(EXPIRES, credit, credit.expires_at)
        _warn_next(credit, after=at)


def end(credit: StoreCredit, *, order_id: int, by: HasActor, at: datetime) -> Money:
    """Take back what is left of a credit, for a sale that was refunded; returns it. Dr its liability, Cr losses."""
    [credit] = _locked([credit.id])
    if credit.expired_at is not None:
        return Money.zero(credit.currency)
    left = balances([credit])[credit.id]
    credit.expired_at = at
    deadlines.cancel_deadlines([credit], EXPIRES, WARNING, at=at)
    cause = events.record(credit, "void", by=by, at=at, minor=left.minor)
    if left:
        lines = (
            Line(Account.STORE_CREDIT_LIABILITY, left, order_id=order_id, store_credit_id=credit.id),
            Line(Account.LOSSES, -left, order_id=order_id),
        )
        post(Posting("void", credit, cause, at, credit.number, lines))
    return left


def overfull() -> list[str]:
    """Credits that hold more than was ever credited: more has gone back to them than was taken."""
    held = -sa.func.sum(LedgerEntry.amount_minor)
    rows = db.session.execute(
        sa.select(StoreCredit.number, held)
        .join(LedgerEntry, LedgerEntry.store_credit_id == StoreCredit.id)
        .where(LedgerEntry.account == Account.STORE_CREDIT_LIABILITY)
        .group_by(StoreCredit.id)
        .having(held > StoreCredit.initial_minor)
        .order_by(StoreCredit.id)
    )
    return [f"store credit {number} holds {minor}, more than it was given" for number, minor in rows]


# Its end -------------------------------------------------------------------------------------------------------------


def sweep_expired(credit_ids: Sequence[int], at: datetime) -> None:
    """What is left of these credits is ours now: Dr store-credit liability, Cr breakage (NAP-43)."""
    for credit in _locked(credit_ids):
        if credit.expired_at is not None or credit.expires_at > at:
            continue
        credit.expired_at = at
        left = balances([credit])[credit.id]
        cause = events.record(credit, "expire", by=SYSTEM, at=at, minor=left.minor)
        if left:
            lines = (
                Line(Account.STORE_CREDIT_LIABILITY, left, store_credit_id=credit.id),
                Line(Account.BREAKAGE, -left),
            )
            # A credit that was given something back after its end expires once more.
            post(Posting("expire", credit, cause, at, credit.number, lines, part=credit.expires_at.date().isoformat()))


def sweep_warnings(credit_ids: Sequence[int], at: datetime) -> None:
    """Tell the holders of what is left and when it ends; the next warning is set where there is one."""
    for credit in _locked(credit_ids):
        if credit.expired_at is None and at < credit.expires_at and balances([credit])[credit.id]:
            events.announce(CreditExpiresSoon(credit.id, at))
            _warn_next(credit, after=at)


def _warn_next(credit: StoreCredit, *, after: datetime) -> None:
    days = versions.current().policy.payout.store_credit.warning_days
    ahead = [moment for moment in (credit.expires_at - timedelta(days=day) for day in days) if moment > after]
    if ahead:
        deadlines.set_deadline(WARNING, credit, min(ahead))


def _locked(credit_ids: Sequence[int]) -> Sequence[StoreCredit]:
    mine = sa.select(StoreCredit).where(StoreCredit.id.in_(credit_ids)).order_by(StoreCredit.id).with_for_update()
    return db.session.scalars(mine.execution_options(populate_existing=True)).all()
