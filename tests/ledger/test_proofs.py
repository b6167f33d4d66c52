"""What ``flask ledger verify`` says of books that are sound, and of books that are not."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from marketplace.database import db, unit_of_work
from marketplace.ledger import Account, Line, proofs, seals
from marketplace.ledger.cli import ledger_cli
from marketplace.ledger.models import LedgerEntry, LedgerTransaction
from marketplace.money import Money
from tests.bookings import book


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def entry(minor: int, account: Account = Account.CLEARING, currency: str = "USD") -> None:
    """Slip an entry into the first transaction, past ``post``."""
    with unit_of_work() as session:
        first = session.scalars(sa.select(LedgerTransaction.id)).first()
        row = {"transaction_id": first, "account": account, "amount_minor": minor, "currency": currency}
        session.execute(sa.insert(LedgerEntry), [row])


def test_sound_books_have_no_faults(app) -> None:
    book(usd(24_500), about=1)
    book(usd(1), about=2)
    seals.seal_batch()
    assert proofs.faults() == []
    assert proofs.escrow_by_order() == {1: 24_500, 2: 1}


@pytest.mark.parametrize(("minor", "currency"), [(1, "USD"), (-1, "USD"), (5, "EUR")])
def test_one_cent_too_much_is_found(app, minor: int, currency: str) -> None:
    key = book()
    entry(minor, currency=currency)
    assert proofs.unbalanced() == [key]
    assert f"transaction {key} does not balance" in proofs.faults()


def test_a_transaction_without_entries_is_found(app) -> None:
    book()
    with unit_of_work() as session:
        first = session.scalars(sa.select(LedgerTransaction)).one()
        row = {"key": "empty", "kind": "x", "at": first.at, "event_id": first.event_id, "reference": "R0"}
        session.execute(sa.insert(LedgerTransaction), [row])
    assert proofs.faults() == ["transaction empty does not balance"]


def test_escrow_that_gave_more_than_it_took_is_found(app) -> None:
    book(usd(100), about=7)
    book(usd(-101), about=7, kind="refund")
    assert proofs.faults() == ["escrow of order id 7 is negative: -1"]


def test_a_card_that_bought_more_than_it_held_is_found(app) -> None:
    for minor, part in ((-100, "issue"), (60, "1"), (41, "2")):
        lines = (Line(Account.GIFT_CARD_LIABILITY, usd(minor), gift_card_id=3), Line(Account.CLEARING, usd(-minor)))
        book(lines=lines, part=part)
    assert proofs.overdrawn_gift_cards() == {3: 1}
    assert proofs.faults() == ["gift card id 3 is overdrawn by 1"]


# The command ---------------------------------------------------------------------------------------------------------


def test_verify_is_content_with_sound_books(app) -> None:
    book()
    seals.seal_batch()
    head = db.session.scalar(sa.text("SELECT hash FROM ledger_seals"))
    answer = app.test_cli_runner().invoke(ledger_cli, ["verify"])
    assert answer.exit_code == 0
    assert answer.stdout == f"transactions: 1, sealed: 1, head: {head}\nthe ledger is sound\n"


def test_verify_exits_with_one_and_names_the_fault(app) -> None:
    key = book()
    entry(1)
    answer = app.test_cli_runner().invoke(ledger_cli, ["verify"])
    assert answer.exit_code == 1
    assert f"transaction {key} does not balance" in answer.stdout


def test_verify_answers_machines(app) -> None:
    book()
    sound = app.test_cli_runner().invoke(ledger_cli, ["verify", "--json"])
    assert (sound.exit_code, json.loads(sound.stdout)) == (
        0,
        {"sound": True, "faults": [], "transactions": 1, "sealed": 0, "head": seals.FIRST},
    )
    entry(1)
    broken = app.test_cli_runner().invoke(ledger_cli, ["verify", "--json"])
    assert broken.exit_code == 1
    assert json.loads(broken.stdout)["faults"] == ["transaction capture:things:1 does not balance"]
