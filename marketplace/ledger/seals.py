"""Seals: batches of the ledger closed with a chain of hashes, so that a silent change is found.

A seal names its members one by one. Transactions that commit late, with a lower id, join a later seal; no writer ever
waits for the sealing.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

import msgspec
import sqlalchemy as sa

from marketplace import clock
from marketplace.database import db, queue_behind, unit_of_work
from marketplace.ledger.models import LedgerEntry, LedgerSeal, LedgerTransaction, SealedTransaction

log = logging.getLogger(__name__)

FIRST = "0" * 64
BATCH = 1000
REACH = 20_000  # a transaction still open after this many later ones is not waited for; ``verify`` tells of it


@dataclass(frozen=True)
class Extent:
    """How much the ledger holds, how much of it is sealed, and the last seal's hash."""

    transactions: int
    sealed: int
    head: str


def extent() -> Extent:
    """What stands in the ledger now."""
    transactions = db.session.scalar(sa.select(sa.func.count()).select_from(LedgerTransaction))
    sealed = db.session.scalar(sa.select(sa.func.count()).select_from(SealedTransaction))
    return Extent(transactions or 0, sealed or 0, _head())


Sealable = tuple[int, bytes]  # the seal a transaction belongs to (0 where none yet), its content as it is hashed

# What is hashed of a transaction and of each of its entries. Plain columns: of a ledger of any size no object is made.
_OF_TRANSACTION = [getattr(LedgerTransaction, name) for name in ("id", "key", "kind", "at", "event_id", "reference")]
_OF_ENTRY = [
    LedgerEntry.id,
    sa.type_coerce(LedgerEntry.account, sa.String),
    *(
        getattr(LedgerEntry, name)
        for name in ("amount_minor", "currency", "order_id", "gift_card_id", "store_credit_id")
    ),
]
_ENTRY = 1 + len(_OF_TRANSACTION)  # where an entry's columns begin in a row


def _contents(seal: sa.SQLColumnExpression[int], *conditions: sa.ColumnElement[bool]) -> Iterator[Sealable]:
    """The content of the transactions that satisfy ``conditions``, seal by seal, read in one pass."""
    query = (
        sa.select(seal, *_OF_TRANSACTION, *_OF_ENTRY)
        .select_from(LedgerTransaction)
        .outerjoin(SealedTransaction, SealedTransaction.transaction_id == LedgerTransaction.id)
        .outerjoin(LedgerEntry, LedgerEntry.transaction_id == LedgerTransaction.id)
        .where(*conditions)
        .order_by(seal, LedgerTransaction.id, LedgerEntry.id)
        .execution_options(yield_per=BATCH)
    )
    for (seal_id, _transaction_id), rows in groupby(db.session.execute(query), key=itemgetter(0, 1)):
        yield seal_id, _content(list(rows))


def _content(rows: Sequence[Sequence[Any]]) -> bytes:
    """A transaction, whose entries these rows are, as bytes; one without entries is a row of nothing but itself."""
    transaction_id, key, kind, at, *rest = rows[0][1:_ENTRY]
    entries = [_entry(row[_ENTRY:]) for row in rows if row[_ENTRY] is not None]
    return msgspec.json.encode([transaction_id, key, kind, at.isoformat(), *rest, entries])


def _entry(columns: Sequence[Any]) -> list[Any]:
    """An entry as it is hashed. Entries older than store credit were sealed without a column for it."""
    *before, store_credit_id = columns
    return before if store_credit_id is None else [*before, store_credit_id]


def _chain(previous: str, contents: Iterable[bytes]) -> str:
    """The hash of a batch on top of the seal before it, in hexadecimal."""
    digest = hashlib.sha256(previous.encode())
    for content in contents:
        digest.update(content)
    return digest.hexdigest()


def _head() -> str:
    return db.session.scalar(sa.select(LedgerSeal.hash).order_by(LedgerSeal.id.desc()).limit(1)) or FIRST


def _unsealed() -> sa.Select[int]:
    """What no seal holds yet, oldest first: among the last ids alone, so that the question stays cheap for ever."""
    newest = sa.select(sa.func.coalesce(sa.func.max(SealedTransaction.transaction_id), 0)).scalar_subquery()
    return (
        sa.select(LedgerTransaction.id)
        .outerjoin(SealedTransaction, SealedTransaction.transaction_id == LedgerTransaction.id)
        .where(SealedTransaction.transaction_id.is_(None), LedgerTransaction.id > newest - REACH)
        .order_by(LedgerTransaction.id)
    )


IS_DUE = _unsealed().exists()


def seal_batch() -> int:
    """Close what is not sealed yet, up to a batch; returns how many transactions were sealed."""
    with unit_of_work() as session:
        queue_behind("ledger seal")
        members = session.scalars(_unsealed().limit(BATCH)).all()
        if not members:
            return 0
        previous = _head()
        contents = (content for _seal, content in _contents(sa.literal(0), LedgerTransaction.id.in_(members)))
        seal = LedgerSeal(sealed_at=clock.now(), previous_hash=previous, hash=_chain(previous, contents))
        session.add(seal)
        session.flush()
        rows = [{"transaction_id": transaction_id, "seal_id": seal.id} for transaction_id in members]
        session.execute(sa.insert(SealedTransaction), rows)
    log.info("ledger sealed", extra={"head": seal.hash, "transactions": len(members)})
    return len(members)


def never_sealed() -> int:
    """How many transactions were left so far behind that no seal will reach them any more."""
    newest = sa.select(sa.func.coalesce(sa.func.max(SealedTransaction.transaction_id), 0)).scalar_subquery()
    behind = (
        sa.select(sa.func.count(LedgerTransaction.id))
        .outerjoin(SealedTransaction, SealedTransaction.transaction_id == LedgerTransaction.id)
        .where(SealedTransaction.transaction_id.is_(None), LedgerTransaction.id <= newest - REACH)
    )
    return db.session.scalar(behind) or 0


def broken_seals() -> list[int]:
    """The ids of seals whose hash no longer follows from their members and the seal before; read in one pass."""
    broken, previous = [], FIRST
    sealed = _contents(SealedTransaction.seal_id, SealedTransaction.transaction_id.is_not(None))
    batches = groupby(sealed, key=itemgetter(0))
    seal_id, batch = next(batches, (None, iter(())))
    for seal in db.session.execute(
        sa.select(LedgerSeal.id, LedgerSeal.previous_hash, LedgerSeal.hash).order_by(LedgerSeal.id)
    ).all():
        contents: list[bytes] = []
        if seal_id == seal.id:
            contents = [content for _seal, content in batch]
            seal_id, batch = next(batches, (None, iter(())))
        if seal.previous_hash != previous or seal.hash != _chain(previous, contents):
            broken.append(seal.id)
        previous = seal.hash
    return broken
