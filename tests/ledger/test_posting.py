"""Posting: balanced, once, owed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from marketplace import clock, events
from marketplace.database import db, unit_of_work
from marketplace.errors import ProgrammingError
from marketplace.events import SYSTEM
from marketplace.ledger import Account, Line, balance, post, post_all, proofs
from marketplace.ledger.models import LedgerEntry
from marketplace.money import Money
from tests.bookings import book, keys, posting
from tests.statements import statements


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def entries() -> list[tuple[Account, int, str]]:
    rows = db.session.execute(
        sa.select(LedgerEntry.account, LedgerEntry.amount_minor, LedgerEntry.currency).order_by(LedgerEntry.id)
    )
    return [tuple(row) for row in rows]


def test_a_posting_is_written_as_its_lines_say(app) -> None:
    book(usd(24_500))
    assert entries() == [(Account.CLEARING, 24_500, "USD"), (Account.ESCROW, -24_500, "USD")]
    assert balance(Account.CLEARING, "USD") == usd(24_500)
    assert balance(Account.ESCROW, "USD", order_id=1) == usd(-24_500)
    assert balance(Account.ESCROW, "USD", order_id=2) == usd(0)
    assert balance(Account.ESCROW, "EUR") == Money(0, "EUR")


def test_its_date_is_business_time_and_its_code_the_number_people_see(app) -> None:
    at = datetime(2026, 11, 22, 12, tzinfo=UTC)
    book(at=at, reference="R7K2M9QXA")
    written = db.session.execute(sa.text("SELECT reference, kind, key FROM ledger_transactions")).one()
    assert tuple(written) == ("R7K2M9QXA", "capture", "capture:things:1")


@pytest.mark.parametrize(
    "lines",
    [
        (),
        (Line(Account.CLEARING, usd(100)),),
        (Line(Account.CLEARING, usd(100)), Line(Account.ESCROW, usd(-99))),
        (Line(Account.CLEARING, usd(0)), Line(Account.ESCROW, usd(0))),
        # Two currencies balance each on its own, never against each other.
        (Line(Account.CLEARING, usd(100)), Line(Account.ESCROW, Money(-100, "EUR"))),
    ],
)
def test_what_does_not_balance_is_refused_and_nothing_is_written(app, lines: tuple[Line, ...]) -> None:
    with pytest.raises(ProgrammingError, match="does not balance"):
        book(lines=lines)
    assert keys() == []
    assert entries() == []


def test_lines_of_zero_are_left_out(app) -> None:
    book(lines=(Line(Account.ESCROW, usd(1)), Line(Account.COMMISSION, usd(0)), Line(Account.SELLER_PAYABLE, usd(-1))))
    assert entries() == [(Account.ESCROW, 1, "USD"), (Account.SELLER_PAYABLE, -1, "USD")]


def test_the_database_refuses_an_entry_of_zero(app) -> None:
    book()
    row = {"transaction_id": 1, "account": Account.CLEARING, "amount_minor": 0, "currency": "USD"}
    with pytest.raises(sa.exc.IntegrityError), unit_of_work() as session:
        session.execute(sa.insert(LedgerEntry), [row])


def test_the_same_key_twice_is_refused_by_the_database(app) -> None:
    book(usd(24_500))
    with pytest.raises(sa.exc.IntegrityError):
        book(usd(24_500))
    assert keys() == ["capture:things:1"]
    assert balance(Account.CLEARING, "USD") == usd(24_500)


def test_a_part_tells_several_of_one_kind_apart(app) -> None:
    book(usd(10), part="1")
    book(usd(5), part="2")
    assert keys() == ["capture:things:1:1", "capture:things:1:2"]
    assert balance(Account.CLEARING, "USD") == usd(15)


def test_many_postings_take_few_statements_and_keep_their_lines_together(app, engine: str) -> None:

    with unit_of_work():
        made = [posting(usd(100 + about), about=about) for about in range(1, 51)]
        with statements() as said:
            post_all(made)
    # SQLite hands keys back one by one; its statements cross no network.
    assert len([statement for statement in said if "ledger" in statement]) == (2 if engine == "postgresql" else 51)
    assert all(balance(Account.ESCROW, "USD", order_id=about) == usd(-100 - about) for about in range(1, 51))
    assert proofs.faults() == []


def test_nothing_is_written_for_no_postings(app) -> None:
    with unit_of_work():
        post_all([])
    assert keys() == []


# What is owed --------------------------------------------------------------------------------------------------------


def test_a_unit_of_work_does_not_commit_while_it_owes_a_posting(app) -> None:
    with pytest.raises(ProgrammingError, match=r"owed but not made: .*capture:things:7"), unit_of_work():
        events.record(posting().subject, "note", by=SYSTEM, at=clock.now())
        events.owe("capture:things:7")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(events.Event)) == 0


def test_it_commits_once_the_posting_is_made_and_owes_nothing_afterwards(app) -> None:
    with unit_of_work():
        events.owe("capture:things:7")
        post(posting(about=7))
    assert keys() == ["capture:things:7"]
    with unit_of_work():
        pass


def test_what_a_failed_unit_owed_is_forgotten_with_it(app) -> None:
    with pytest.raises(RuntimeError), unit_of_work():
        posting(about=7)
        events.owe("capture:things:7")
        raise RuntimeError
    with unit_of_work():
        pass
    assert keys() == []


# Whatever is posted --------------------------------------------------------------------------------------------------

ACCOUNTS = st.sampled_from(list(Account))
AMOUNTS = st.integers(-(10**9), 10**9).filter(bool)
CURRENCIES = st.sampled_from(["USD", "EUR", "JPY"])


@st.composite
def balanced(draw: st.DrawFn) -> tuple[Line, ...]:
    """Two to eight lines in one currency or two that sum to zero in each."""
    lines: list[Line] = []
    for currency in draw(st.lists(CURRENCIES, min_size=1, max_size=2, unique=True)):
        minors = draw(st.lists(AMOUNTS, min_size=1, max_size=3))
        rest = -sum(minors)
        lines += [Line(draw(ACCOUNTS), Money(minor, currency)) for minor in (*minors, rest)]
    return tuple(lines)


@given(st.lists(balanced(), min_size=1, max_size=6))
def test_any_history_sums_to_zero_and_each_balance_is_the_sum_of_its_lines(
    app, history: list[tuple[Line, ...]]
) -> None:
    expected: dict[tuple[Account, str], int] = {}
    with db.session.begin_nested() as trial:
        moving = [lines for lines in history if any(line.amount for line in lines)]
        made = [posting(lines=lines, about=number) for number, lines in enumerate(moving, 1)]
        post_all(made)
        for line in (line for one in made for line in one.lines):
            place = (line.account, line.amount.currency)
            expected[place] = expected.get(place, 0) + line.amount.minor
        assert all(balance(account, currency).minor == minor for (account, currency), minor in expected.items())
        assert proofs.unbalanced() == []
        trial.rollback()
