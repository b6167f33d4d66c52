"""Seals: batches of the ledger closed with a chain of hashes, so that a silent change is found.

A seal names its members one by one. Transactions that commit late, with a lower id, join a later seal; no writer ever
waits for the sealing.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from marketplace import clock
from marketplace.database import db, queue_behind, unit_of_work
from marketplace.ledger.models import LedgerSeal, LedgerTransaction, SealedTransaction

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


def _content(transaction: LedgerTransaction) -> list[object]:
    return [
        transaction.id,
        transaction.key,
        transaction.kind,
        transaction.at.isoformat(),
        transaction.event_id,
        transaction.reference,
        [[e.id, e.account.value, e.amount_minor, e.currency, e.order_id, e.gift_card_id] for e in transaction.entries],
    ]


def chain(previous: str, transactions: Sequence[LedgerTransaction]) -> str:
    """The hash of a batch on top of the seal before it, in hexadecimal."""
    digest = hashlib.sha256(previous.encode())
    for transaction in transactions:
        digest.update(msgspec.json.encode(_content(transaction)))
    return digest.hexdigest()


def _head() -> str:
    return db.session.scalar(sa.select(LedgerSeal.hash).order_by(LedgerSeal.id.desc()).limit(1)) or FIRST


def _unsealed() -> sa.Select[LedgerTransaction]:
    """What no seal holds yet, oldest first: among the last ids alone, so that the question stays cheap for ever."""
    newest = sa.select(sa.func.coalesce(sa.func.max(SealedTransaction.transaction_id), 0)).scalar_subquery()
    return (
        sa.select(LedgerTransaction)
        .outerjoin(SealedTransaction, SealedTransaction.transaction_id == LedgerTransaction.id)
        .where(SealedTransaction.transaction_id.is_(None), LedgerTransaction.id > newest - REACH)
        .order_by(LedgerTransaction.id)
    )


def seal_batch() -> int:
    """Close what is not sealed yet, up to a batch; returns how many transactions were sealed."""
    with unit_of_work(reading=True) as session:
        if session.scalars(_unsealed().with_only_columns(LedgerTransaction.id).limit(1)).first() is None:
            return 0
    with unit_of_work() as session:
        queue_behind("ledger seal")
        transactions = session.scalars(_unsealed().options(selectinload(LedgerTransaction.entries)).limit(BATCH)).all()
        if not transactions:
            return 0
        previous = _head()
        seal = LedgerSeal(sealed_at=clock.now(), previous_hash=previous, hash=chain(previous, transactions))
        session.add(seal)
        session.flush()
        members = [{"transaction_id": transaction.id, "seal_id": seal.id} for transaction in transactions]
        session.execute(sa.insert(SealedTransaction), members)
    log.info("ledger sealed", extra={"head": seal.hash, "transactions": len(transactions)})
    return len(transactions)


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
    batches = groupby(_members(), key=itemgetter(0))
    seal_id, batch = next(batches, (None, iter(())))
    for seal in db.session.scalars(sa.select(LedgerSeal).order_by(LedgerSeal.id)).all():
        transactions = []
        if seal_id == seal.id:
            transactions = [transaction for _seal_id, transaction in batch]
            seal_id, batch = next(batches, (None, iter(())))
        if seal.previous_hash != previous or seal.hash != chain(previous, transactions):
            broken.append(seal.id)
        previous = seal.hash
    return broken


def _members() -> Iterable[sa.Row[int, LedgerTransaction]]:
    """Every sealed transaction with its seal's id, seal by seal."""
    query = (
        sa.select(SealedTransaction.seal_id, LedgerTransaction)
        .join(LedgerTransaction, LedgerTransaction.id == SealedTransaction.transaction_id)
        .options(selectinload(LedgerTransaction.entries))
        .order_by(SealedTransaction.seal_id, LedgerTransaction.id)
        .execution_options(yield_per=BATCH)
    )
    return db.session.execute(query)
