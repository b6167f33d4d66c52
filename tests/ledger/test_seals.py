"""Seals: each posting is sealed once, in a chain, and no writer waits for it."""

from __future__ import annotations

import logging

import pytest
import sqlalchemy as sa

from marketplace.database import db, unit_of_work
from marketplace.jobs import runner
from marketplace.ledger import post, proofs, seals
from marketplace.ledger.models import LedgerSeal, LedgerTransaction, SealedTransaction
from tests.bookings import book, keys, posting
from tests.fresh import FreshDatabase


def chain() -> list[LedgerSeal]:
    return list(db.session.scalars(sa.select(LedgerSeal).order_by(LedgerSeal.id)))


def sealed_keys() -> list[str]:
    return list(
        db.session.scalars(
            sa.select(LedgerTransaction.key)
            .join(SealedTransaction, SealedTransaction.transaction_id == LedgerTransaction.id)
            .order_by(LedgerTransaction.id)
        )
    )


def test_nothing_to_seal_makes_no_seal(app) -> None:
    assert seals.seal_batch() == 0
    assert chain() == []
    assert seals.extent() == seals.Extent(0, 0, seals.FIRST)


def test_the_runner_seals_what_was_booked(app) -> None:
    runner.run_until_idle()
    assert seals.extent().sealed == 0
    book(about=1)
    runner.run_until_idle()
    assert seals.extent().sealed == 1


def test_each_seal_stands_on_the_one_before(app) -> None:
    book(about=1)
    book(about=2)
    assert seals.seal_batch() == 2
    book(about=3)
    assert seals.seal_batch() == 1
    assert seals.seal_batch() == 0
    first, second = chain()
    assert (first.previous_hash, second.previous_hash) == (seals.FIRST, first.hash)
    assert sealed_keys() == keys()
    assert seals.broken_seals() == []
    assert seals.extent() == seals.Extent(3, 3, second.hash)


def test_a_batch_is_bounded_and_the_rest_comes_next(app, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seals, "BATCH", 2)
    for about in range(1, 6):
        book(about=about)
    assert [seals.seal_batch() for _ in range(4)] == [2, 2, 1, 0]
    assert seals.broken_seals() == []


def test_what_fell_behind_the_reach_is_told_of(app, monkeypatch: pytest.MonkeyPatch) -> None:
    """The look for what is not sealed is bounded, so that it costs the same in a ledger of any size."""
    book(about=1)
    monkeypatch.setattr(seals, "REACH", 2)
    with unit_of_work() as session:
        first = session.scalars(sa.select(LedgerTransaction)).one()
        later = {"id": first.id + 5, "key": "later", "kind": "x", "event_id": first.event_id}
        session.execute(sa.insert(LedgerTransaction), [{**later, "at": first.at, "reference": "R0"}])
        seal = LedgerSeal(sealed_at=first.at, previous_hash=seals.FIRST, hash="x")
        session.add(seal)
        session.flush()
        session.execute(sa.insert(SealedTransaction), [{"transaction_id": first.id + 5, "seal_id": seal.id}])
    assert seals.seal_batch() == 0
    assert "1 transactions were never sealed" in proofs.faults()


def test_the_head_is_logged(app, caplog: pytest.LogCaptureFixture) -> None:
    book()
    with caplog.at_level(logging.INFO, logger=seals.__name__):
        seals.seal_batch()
    (record,) = caplog.records
    assert record.head == chain()[-1].hash
    assert record.transactions == 1


def test_a_posting_that_commits_late_joins_a_later_seal(fresh_database: FreshDatabase, engine: str) -> None:
    """On PostgreSQL a lower id can commit after a higher one was sealed; SQLite has one writer at a time."""
    if engine == "sqlite":
        fresh_database.run(lambda: book(about=1))
        fresh_database.run(seals.seal_batch)
        fresh_database.run(lambda: book(about=2))
    else:

        def overtaken() -> None:
            with unit_of_work():
                post(posting(about=1))
                fresh_database.in_parallel([lambda: (book(about=2), seals.seal_batch())])

        fresh_database.run(overtaken)
        assert fresh_database.run(sealed_keys) == ["capture:things:2"]
        assert fresh_database.run(keys) == ["capture:things:1", "capture:things:2"]
    assert fresh_database.run(seals.seal_batch) == 1
    assert fresh_database.run(seals.broken_seals) == []
    assert fresh_database.run(sealed_keys) == ["capture:things:1", "capture:things:2"]


def test_sealers_at_once_seal_each_posting_once(fresh_database: FreshDatabase) -> None:
    for about in range(1, 21):
        fresh_database.run(lambda about=about: book(about=about))
    outcomes = fresh_database.in_parallel([seals.seal_batch] * 8)
    assert sorted(outcomes) == [0] * 7 + [20]
    assert fresh_database.run(seals.broken_seals) == []
    assert fresh_database.run(seals.extent).sealed == 20
