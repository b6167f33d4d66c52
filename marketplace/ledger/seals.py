"""Seals: batches of the ledger closed with a chain of hashes, so that a silent change is found.

A seal names its members one by one. Transactions that commit late, with a lower id, join a later seal; no writer ever
waits for the sealing.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.ledger.models import LedgerSeal, LedgerTransaction, SealedTransaction

log = logging.getLogger(__name__)

FIRST = "0" * 64
BATCH = 1000


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


def seal_batch() -> int:
    """Close what is not sealed yet, up to a batch; returns how many transactions were sealed."""
    unsealed = (
        sa.select(LedgerTransaction)
        .outerjoin(SealedTransaction, SealedTransaction.transaction_id == LedgerTransaction.id)
        .where(SealedTransaction.transaction_id.is_(None))
        .options(selectinload(LedgerTransaction.entries))
        .order_by(LedgerTransaction.id)
        .limit(BATCH)
    )
    with unit_of_work(reading=True) as session:
        if session.scalar(unsealed.with_only_columns(LedgerTransaction.id).order_by(None).limit(1)) is None:
            return 0
    with unit_of_work() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('ledger seal'))"))
        transactions = session.scalars(unsealed).all()
        if not transactions:
            return 0
        previous = _head()
        seal = LedgerSeal(sealed_at=clock.now(), previous_hash=previous, hash=chain(previous, transactions))
        session.add(seal)
        session.flush()
        session.execute(
            sa.insert(SealedTransaction), [{"transaction_id": t.id, "seal_id": seal.id} for t in transactions]
        )
    log.info("ledger sealed", extra={"head": seal.hash, "transactions": len(transactions)})
    return len(transactions)


def broken_seals() -> list[int]:
    """The ids of seals whose hash no longer follows from their members and the seal before."""
    broken, previous = [], FIRST
    for seal in db.session.scalars(sa.select(LedgerSeal).order_by(LedgerSeal.id)):
        members = db.session.scalars(
            sa.select(LedgerTransaction)
            .join(SealedTransaction, SealedTransaction.transaction_id == LedgerTransaction.id)
            .where(SealedTransaction.seal_id == seal.id)
            .options(selectinload(LedgerTransaction.entries))
            .order_by(LedgerTransaction.id)
        ).all()
        if seal.previous_hash != previous or seal.hash != chain(previous, members):
            broken.append(seal.id)
        previous = seal.hash
    return broken
