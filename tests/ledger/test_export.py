"""The ledger in a foreign program: hledger reads the journal strictly, and finds the balances we find (G08)."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest

from marketplace.ledger import Account, Line, balance, export
from marketplace.ledger.cli import ledger_cli
from marketplace.money import Money
from tests.bookings import book
from tests.hledger import hledger, needs_hledger

AT = datetime(2026, 11, 22, 3, 30, tzinfo=UTC)


@pytest.fixture
def history(app) -> None:
    """A sale to the cent in dollars, with its gift card, and a small one in yen."""
    book(Money(26_092, "USD"), about=1, at=AT, reference="R7K2M9QXA")
    settled = (
        Line(Account.ESCROW, Money(26_092, "USD"), order_id=1),
        Line(Account.SELLER_PAYABLE, Money(-19_600, "USD"), order_id=1),
        Line(Account.COMMISSION, Money(-4_900, "USD"), order_id=1),
        Line(Account.SHIPPING_INCOME, Money(-795, "USD"), order_id=1),
        Line(Account.TAX_PAYABLE, Money(-797, "USD"), order_id=1),
    )
    book(lines=settled, kind="settlement", at=AT, reference="R7K2M9QXA")
    issued = (
        Line(Account.SELLER_PAYABLE, Money(19_600, "USD"), order_id=1),
        Line(Account.GIFT_CARD_LIABILITY, Money(-19_600, "USD"), gift_card_id=1),
    )
    book(lines=issued, kind="issue", at=AT, reference="R7K2M9QXA")
    book(Money(7, "JPY"), about=2, at=AT, reference="R00000JPY")


def test_a_posting_reads_as_a_bookkeeper_writes_it(history) -> None:
    lines = list(export.journal())
    assert "account liabilities:gift cards" in lines
    assert "commodity 1000.00 USD" in lines
    assert "commodity 1000. JPY" in lines
    start = lines.index("2026-11-22 (R7K2M9QXA) issue  ; key: issue:things:1")
    assert lines[start + 1 : start + 4] == [
        "    liabilities:seller payable  196.00 USD",
        "    liabilities:gift cards  -196.00 USD",
        "",
    ]


def test_an_empty_ledger_is_a_journal_of_declarations(app) -> None:
    assert list(export.journal()) == [f"account {account.value}" for account in Account] + [""]


@needs_hledger
@pytest.mark.fault("G08")
def test_hledger_holds_the_journal_strictly_and_finds_our_balances(history) -> None:
    journal = "\n".join(export.journal())
    hledger(journal, "check", "-s")
    rows = list(csv.DictReader(io.StringIO(hledger(journal, "balance", "--flat", "--layout=bare", "-O", "csv"))))
    found = {(row["account"], row["commodity"]): row["balance"] for row in rows if row["account"] != "total"}
    ours = {
        (account.value, currency): balance(account, currency)
        for account in Account
        for currency in ("USD", "JPY")
        if balance(account, currency)
    }
    assert found == {place: money.plain for place, money in ours.items()}
    assert ours["liabilities:gift cards", "USD"] == Money(-19_600, "USD")


@needs_hledger
def test_hledger_refuses_a_journal_with_an_undeclared_account(history) -> None:
    """The control: strict checking does look."""
    journal = "\n".join(line for line in export.journal() if line != "account liabilities:escrow")
    with pytest.raises(AssertionError, match="escrow"):
        hledger(journal, "check", "-s")


def test_the_command_writes_the_journal_to_standard_output(app, history) -> None:
    answer = app.test_cli_runner().invoke(ledger_cli, ["export"])
    assert answer.exit_code == 0
    assert answer.stdout == "\n".join([*export.journal(), ""])
