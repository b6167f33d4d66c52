"""Taking purchases in: a batch a transaction, by set-based statements; a file that is read twice changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from marketplace import events
from marketplace.database import db, plan_afresh
from marketplace.many_rows import among, insert_all
from marketplace.people import membership
from marketplace.people.facts import PurchaseReturned
from marketplace.people.models import LoyaltyAccount, Person, Purchase
from marketplace.people.purchase_file import Reject
from marketplace.people.purchase_line import PurchaseLine

BATCH = 5000  # lines; a transaction lasts about half a second

_TOLD = (column.name for column in msgspec.structs.fields(PurchaseLine))
_FIELDS = (*(name for name in _TOLD if name not in {"line", "loyalty_number"}), "loyalty_account_id")
_KEY = ("order_number", "line_number")


@dataclass
class Tally:
    """How many lines were taken (new or changed), known already, and refused."""

    imported: int = 0
    unchanged: int = 0
    rejects: list[Reject] = field(default_factory=list)


def batches(lines: Iterable[PurchaseLine | Reject]) -> Iterator[tuple[list[PurchaseLine], list[Reject]]]:
    """Up to ``BATCH`` lines at a time, no purchase twice in one; with the lines refused on the way."""
    batch: list[PurchaseLine] = []
    rejects: list[Reject] = []
    keys: set[tuple[str, int]] = set()
    for line in lines:
        if isinstance(line, Reject):
            rejects.append(line)
        key = (line.order_number, line.line_number) if isinstance(line, PurchaseLine) else None
        if key in keys or len(batch) + len(rejects) >= BATCH:
            yield batch, rejects
            batch, rejects, keys = [], [], set()
        if key is not None and isinstance(line, PurchaseLine):
            batch.append(line)
            keys.add(key)
    yield batch, rejects


def take_in(lines: Sequence[PurchaseLine], *, at: datetime) -> Tally:
    """Take one batch in. A line the history knows is updated where the file says otherwise, and left where it does not.

    A return is never taken back by a file: the older of two exports must not make a piece sellable again. One that is
    new to a known purchase is announced (``PurchaseReturned``).
    """
    tally = Tally()
    if not lines:
        return tally
    plan_afresh()
    accounts = _loyalty_accounts(lines, at, tally.rejects)
    known = _known(lines)
    new: list[dict[str, Any]] = []
    refused = {reject.line for reject in tally.rejects}
    for line in lines:
        if line.line in refused:
            continue
        told = msgspec.structs.asdict(line)
        del told["line"]
        told["loyalty_account_id"] = accounts.get(told.pop("loyalty_number"))
        standing = known.get((line.order_number, line.line_number))
        if standing is None:
            new.append(told)
        elif _update(standing, told, at):
            tally.imported += 1
        else:
            tally.unchanged += 1
    if new:
        insert_all(Purchase, new, new=True)
    tally.imported += len(new)
    return tally


def _known(lines: Sequence[PurchaseLine]) -> dict[tuple[str, int], sa.Row[Any]]:
    """What the history knows of the orders in this batch."""
    columns = [Purchase.id, *(getattr(Purchase, name) for name in _FIELDS)]
    orders = {line.order_number for line in lines}
    rows = db.session.execute(sa.select(*columns).where(among(Purchase.order_number, list(orders))))
    return {(row.order_number, row.line_number): row for row in rows}


def _update(standing: sa.Row[Any], told: dict[str, Any], at: datetime) -> bool:
    """Write what differs; whether anything did."""
    told["returned_on"] = told["returned_on"] or standing.returned_on
    changes = {name: told[name] for name in _FIELDS if told[name] != getattr(standing, name)}
    if not changes:
        return False
    returned = standing.returned_on is None and told["returned_on"] is not None
    statement = sa.update(Purchase).where(Purchase.id == standing.id).values(changes)
    if returned:
        statement = statement.where(Purchase.returned_on.is_(None))
    changed = db.session.scalar(statement.returning(Purchase.id).execution_options(synchronize_session="fetch"))
    if changed is not None and returned:
        events.announce(PurchaseReturned(purchase_id=changed, at=at))
    return changed is not None


# Loyalty accounts ----------------------------------------------------------------------------------------------------


def _loyalty_accounts(lines: Sequence[PurchaseLine], at: datetime, rejects: list[Reject]) -> dict[str, int]:
    """The account behind each loyalty number, by number; opens those the file names first, and links their members.

    The number decides whose a purchase is; the e-mail is only needed, and only believed, when the number is new.
    """
    numbers = {line.loyalty_number for line in lines if line.loyalty_number}
    accounts = _by_number(numbers)
    fresh: dict[str, str] = {}
    for line in lines:
        if line.loyalty_number and line.loyalty_number not in accounts and line.email:
            fresh.setdefault(line.loyalty_number, line.email)
    if fresh:
        _open(fresh, at)
        accounts = _by_number(numbers)
        _link_members(set(fresh.values()), at)
    for line in lines:
        if line.loyalty_number and line.loyalty_number not in accounts:
            reason = "it belongs to another loyalty number" if line.email else "needed the first time a number appears"
            rejects.append(Reject(line.line, "email", reason))
    return accounts


def _by_number(numbers: set[str]) -> dict[str, int]:
    rows = db.session.execute(
        sa.select(LoyaltyAccount.number, LoyaltyAccount.id).where(among(LoyaltyAccount.number, list(numbers)))
    )
    return {row.number: row.id for row in rows}


def _open(fresh: dict[str, str], at: datetime) -> None:
    """Open accounts for numbers not seen before; an e-mail that another number has is left with that number.

    A membership opened here by joining takes the brand's number for its e-mail.
    """
    ours = db.session.scalars(
        sa.select(LoyaltyAccount).where(LoyaltyAccount.email.in_(set(fresh.values())), LoyaltyAccount.opened_here)
    )
    opened_here = {account.email: account for account in ours}
    rows = []
    for number, email in fresh.items():
        if account := opened_here.pop(email, None):
            account.number, account.opened_here = number, False
        else:
            rows.append({"number": number, "email": email, "joined_at": at, "opened_here": False})
    db.session.flush()
    if rows:
        insert_all(LoyaltyAccount, rows, new=True)


def _link_members(emails: set[str], at: datetime) -> None:
    """People who had proved their e-mail before the brand told us of their account are linked now (MK-21)."""
    waiting = db.session.scalars(
        sa.select(Person).where(
            Person.email.in_(emails),
            Person.is_account,
            Person.email_verified_at.is_not(None),
            Person.loyalty_account_id.is_(None),
        )
    ).all()
    for person in waiting:
        membership.link(person, at=at)
