"""History is not rewritten: the database refuses it, and where its refusal was taken away the seals show it (G06)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.ledger import proofs, seals, triggers
from marketplace.ledger.models import APPEND_ONLY
from marketplace.money import Money
from marketplace.people.readings import Reading
from tests.bookings import book, keys

FIRST_COLUMN = {
    "events": "id",
    "ledger_transactions": "id",
    "ledger_entries": "id",
    "ledger_seals": "id",
    "ledger_sealed_transactions": "transaction_id",
    "readings": "id",
}


def run(statement: str) -> None:
    with unit_of_work() as session:
        session.execute(sa.text(statement))


def contents(table: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in db.session.execute(sa.text(f"SELECT * FROM {table} ORDER BY 1"))]


def drop_triggers(table: str) -> None:
    with unit_of_work() as session:
        connection = session.connection()
        on_table = f" ON {table}" if connection.dialect.name == "postgresql" else ""
        for name in triggers.names(connection):
            if name.startswith(f"{table}_no_"):
                connection.execute(sa.text(f"DROP TRIGGER {name}{on_table}"))


@pytest.fixture
def history(app) -> None:
    """Three sealed postings, and three things read."""
    for about in (1, 2, 3):
        book(Money(100 * about, "USD"), about=about)
        seals.seal_batch()
        with unit_of_work() as session:
            session.add(Reading(at=clock.now(), reader_id=1, subject_type="orders", subject_id=about))


@pytest.mark.fault("G06", "P06")
@pytest.mark.parametrize("table", FIRST_COLUMN)
@pytest.mark.parametrize(
    "rewriting", ["UPDATE {table} SET {column} = {column} WHERE {column} = 1", "DELETE FROM {table}"]
)
def test_sql_cannot_change_or_remove_a_row(history, table: str, rewriting: str) -> None:
    before = contents(table)
    assert before
    with pytest.raises(sa.exc.DBAPIError, match=f"{table} is append-only"):
        run(rewriting.format(table=table, column=FIRST_COLUMN[table]))
    assert contents(table) == before


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_no_row_is_replaced_and_no_table_emptied(history, engine: str, table: str) -> None:
    """SQLite's REPLACE and PostgreSQL's TRUNCATE remove rows without a DELETE."""
    rewriting = f"TRUNCATE {table} CASCADE" if engine == "postgresql" else f"REPLACE INTO {table} SELECT * FROM {table}"
    before = contents(table)
    with pytest.raises(sa.exc.DBAPIError, match="is append-only"):
        run(rewriting)
    assert contents(table) == before


@pytest.mark.fault("G06")
@pytest.mark.parametrize(
    ("table", "rewriting"),
    [
        ("ledger_entries", "UPDATE ledger_entries SET amount_minor = amount_minor * 2 WHERE transaction_id = {second}"),
        ("ledger_entries", "DELETE FROM ledger_entries WHERE transaction_id = {second}"),
        ("ledger_transactions", "UPDATE ledger_transactions SET reference = 'R0000FAKE' WHERE id = {second}"),
        ("ledger_sealed_transactions", "DELETE FROM ledger_sealed_transactions WHERE transaction_id = {second}"),
        ("ledger_seals", "UPDATE ledger_seals SET previous_hash = 'x' WHERE id = {seal}"),
    ],
)
def test_without_the_triggers_a_rewritten_row_breaks_its_seal(history, table: str, rewriting: str) -> None:
    """The control of the test above, and what is left when somebody has got round the database's refusal."""
    second, seal = db.session.execute(
        sa.text("SELECT transaction_id, seal_id FROM ledger_sealed_transactions ORDER BY 1 LIMIT 1 OFFSET 1")
    ).one()
    assert proofs.faults() == []
    drop_triggers(table)
    before = contents(table)
    run(rewriting.format(second=second, seal=seal))
    assert contents(table) != before
    db.session.expire_all()
    found = proofs.faults()
    assert f"seal {seal} is broken" in found
    assert f"trigger {table}_no_update is missing" in found


def test_an_entry_slipped_into_a_sealed_posting_breaks_the_seal(history) -> None:
    second, seal = db.session.execute(
        sa.text("SELECT transaction_id, seal_id FROM ledger_sealed_transactions ORDER BY 1 LIMIT 1 OFFSET 1")
    ).one()
    for minor in (5, -5):
        run(
            "INSERT INTO ledger_entries (transaction_id, account, amount_minor, currency)"
            f" VALUES ({second}, 'income:commission', {minor}, 'USD')"
        )
    db.session.expire_all()
    assert proofs.faults() == [f"seal {seal} is broken"]


def test_creating_the_triggers_again_changes_nothing(app) -> None:
    with unit_of_work() as session:
        assert triggers.missing(session.connection()) == []
        triggers.create(session.connection())
        assert triggers.missing(session.connection()) == []
    book()
    assert len(keys()) == 1
