"""``flask purchases import``: the brand's history comes in, once, line by line."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock, events
from marketplace.database import db
from marketplace.people import accounts, membership, purchase_import
from marketplace.people.facts import PurchaseReturned
from marketplace.people.history import history
from marketplace.people.models import Channel, LoyaltyAccount, Person, Purchase
from tests.accounts import an_account
from tests.purchases import line, take_in, take_in_lines


def purchases() -> list[Purchase]:
    return list(db.session.scalars(sa.select(Purchase).order_by(Purchase.order_number, Purchase.line_number)))


def last_line(output: str) -> str:
    return output.strip().splitlines()[-1]


@pytest.mark.rule("MK-22")
def test_purchases_of_stores_and_the_site_come_in_and_are_told_apart(app: Flask, tmp_path: Path) -> None:
    done = take_in_lines(
        app,
        tmp_path,
        line(order_number="W1", channel="web"),
        line(order_number="S1", channel="store", store="Velorne Seattle", purchased_on="2025-05-02", quantity="3"),
    )

    assert done.exit_code == 0
    assert last_line(done.stdout) == "imported 2, unchanged 0, rejected 0"
    assert not (tmp_path / "purchases.csv.rejects.csv").exists()
    store, web = purchases()
    assert (web.channel, store.channel, store.store) == (Channel.WEB, Channel.STORE, "Velorne Seattle")
    assert (web.purchased_on, web.returned_on, store.quantity) == (date(2025, 3, 14), None, 3)
    assert (web.list_price_minor, web.price_paid_minor, web.currency) == (39800, 31840, "USD")
    assert (web.title, web.colour, web.size, web.collection) == ("Marlowe satchel", "Oxblood", "Medium", "archive")
    ada = an_account("ada@example.com")
    assert [found.order_number for found in history(ada).purchases] == ["S1", "W1"]


def test_a_file_read_twice_changes_nothing(app: Flask, tmp_path: Path) -> None:
    lines = [line(order_number=f"W{n}", line_number=str(m)) for n in range(3) for m in (1, 2)]

    assert last_line(take_in_lines(app, tmp_path, *lines).stdout) == "imported 6, unchanged 0, rejected 0"
    before = [vars(found).copy() for found in purchases()]
    again = take_in_lines(app, tmp_path, *lines)

    assert again.exit_code == 0
    assert last_line(again.stdout) == "imported 0, unchanged 6, rejected 0"
    assert [found.id for found in purchases()] == [row["id"] for row in before]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(LoyaltyAccount)) == 1


def test_a_purchase_named_twice_in_one_file_is_one_purchase_as_told_last(app: Flask, tmp_path: Path) -> None:
    done = take_in_lines(app, tmp_path, line(), line(), line(title="Marlowe satchel, small"))

    assert last_line(done.stdout) == "imported 2, unchanged 1, rejected 0"
    assert [found.title for found in purchases()] == ["Marlowe satchel, small"]


def test_a_correction_is_taken(app: Flask, tmp_path: Path) -> None:
    take_in_lines(app, tmp_path, line())

    done = take_in_lines(app, tmp_path, line(colour="Sable", price_paid="300"))

    assert last_line(done.stdout) == "imported 1, unchanged 0, rejected 0"
    assert [(found.colour, found.price_paid_minor) for found in purchases()] == [("Sable", 30000)]


@pytest.mark.parametrize("name", ["-", "history.jsonl", "history"])
def test_json_lines_and_stdin_are_read_too(
    app: Flask, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    body = "".join(
        json.dumps(found) + "\n"
        for found in (
            line(order_number="W1"),
            {**line(order_number="W2"), "quantity": 2, "list_price": 398.1, "returned_on": None, "line_number": 1},
            {key: value for key, value in line(order_number="W3").items() if value},
        )
    ).encode()
    if name != "-":
        (tmp_path / name).write_bytes(body)

    done = take_in(app, name, stdin=body if name == "-" else None)

    assert last_line(done.stdout) == "imported 3, unchanged 0, rejected 0"
    assert [(found.quantity, found.list_price_minor) for found in purchases()] == [(1, 39800), (2, 39810), (1, 39800)]


def test_csv_comes_through_stdin_with_a_byte_order_mark_and_columns_in_any_order(app: Flask) -> None:
    rows = [dict(reversed(line(title='Satchel "Marlowe", large').items()))]
    header = ",".join(rows[0])
    body = "".join(
        (header, "\r\n", ",".join('"' + cell.replace('"', '""') + '"' for cell in rows[0].values()), "\r\n\r\n")
    )

    done = take_in(app, "-", stdin=b"\xef\xbb\xbf" + body.encode())

    assert last_line(done.stdout) == "imported 1, unchanged 0, rejected 0"
    assert [found.title for found in purchases()] == ['Satchel "Marlowe", large']


# Whose they are ------------------------------------------------------------------------------------------------------


@pytest.mark.rule("MK-25")
def test_guest_purchases_are_kept_and_belong_to_no_membership(app: Flask, tmp_path: Path) -> None:
    take_in_lines(
        app,
        tmp_path,
        line(order_number="W1", loyalty_number=""),
        line(order_number="S1", loyalty_number="", email="", channel="store", store="Velorne Seattle"),
    )

    assert [found.loyalty_account_id for found in purchases()] == [None, None]
    assert not any(found.is_listable_history for found in purchases())
    assert db.session.scalar(sa.select(sa.func.count()).select_from(LoyaltyAccount)) == 0
    ada = an_account("ada@example.com")
    # Shown, so that the page can say why it cannot be listed; the one without an e-mail is nobody's.
    assert [found.order_number for found in history(ada).purchases] == ["W1"]


@pytest.mark.rule("MK-21")
def test_who_proved_the_email_before_is_linked_when_the_brand_names_it(app: Flask, tmp_path: Path) -> None:
    proved = accounts.open_account(email="ada@example.com", at=clock.now())
    unproved = accounts.open_account(email="eve@example.com", at=clock.now())
    accounts.verify_email(proved, at=clock.now())
    db.session.commit()

    take_in_lines(app, tmp_path, line(), line(order_number="W2", loyalty_number="9", email="eve@example.com"))

    db.session.refresh(proved)
    db.session.refresh(unproved)
    assert proved.loyalty_account is not None
    assert proved.loyalty_account.number == "440017"
    assert unproved.loyalty_account_id is None
    assert history(unproved).purchases == []


def test_a_membership_opened_here_takes_the_brands_number(app: Flask, tmp_path: Path) -> None:
    ada = an_account("ada@example.com")
    account_id = ada.loyalty_account_id

    take_in_lines(app, tmp_path, line())

    db.session.refresh(ada)
    assert ada.loyalty_account_id == account_id
    assert ada.loyalty_account is not None
    assert (ada.loyalty_account.number, ada.loyalty_account.opened_here) == ("440017", False)
    assert len(history(ada).purchases) == 1


def test_the_number_decides_whose_a_purchase_is(app: Flask, tmp_path: Path) -> None:
    done = take_in_lines(
        app,
        tmp_path,
        line(order_number="W1"),
        line(order_number="W2", email="ada@work.example"),
        line(order_number="W3", email=""),
        line(order_number="W4", loyalty_number="9", email="ada@example.com"),
        line(order_number="W5", loyalty_number="10", email=""),
    )

    assert last_line(done.stdout) == "imported 3, unchanged 0, rejected 2"
    rejects = (tmp_path / "purchases.csv.rejects.csv").read_text().splitlines()
    assert rejects == [
        "line,column,reason",
        "5,email,it belongs to another loyalty number",
        "6,email,needed the first time a number appears",
    ]
    (account,) = db.session.scalars(sa.select(LoyaltyAccount)).all()
    assert (account.number, account.email) == ("440017", "ada@example.com")
    assert {found.loyalty_account_id for found in purchases()} == {account.id}


def test_nobody_sees_another_members_history(app: Flask, tmp_path: Path) -> None:
    take_in_lines(app, tmp_path, line(), line(order_number="W2", loyalty_number="9", email="eve@example.com"))
    eve = an_account("eve@example.com")

    assert [found.order_number for found in history(eve).purchases] == ["W2"]
    nobody = accounts.guest(email="ada@example.com", name="", at=clock.now())
    assert history(nobody).purchases == []


# Returns -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def returned(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The purchases that were announced as returned."""
    heard: list[int] = []
    monkeypatch.setitem(events._reactions, PurchaseReturned, [lambda fact: heard.append(fact.purchase_id)])
    return heard


def test_a_later_return_is_announced_once(app: Flask, tmp_path: Path, returned: list[int]) -> None:
    take_in_lines(app, tmp_path, line(), line(order_number="W2", returned_on="2025-04-01"))
    assert returned == []

    done = take_in_lines(app, tmp_path, line(returned_on="2025-04-02"))
    take_in_lines(app, tmp_path, line(returned_on="2025-04-02"))

    assert last_line(done.stdout) == "imported 1, unchanged 0, rejected 0"
    first, _second = purchases()
    assert returned == [first.id]
    assert first.returned_on == date(2025, 4, 2)


def test_an_older_file_brings_nothing_back(app: Flask, tmp_path: Path, returned: list[int]) -> None:
    take_in_lines(app, tmp_path, line(returned_on="2025-04-02"))

    done = take_in_lines(app, tmp_path, line())

    assert last_line(done.stdout) == "imported 0, unchanged 1, rejected 0"
    assert [found.returned_on for found in purchases()] == [date(2025, 4, 2)]


# Paging --------------------------------------------------------------------------------------------------------------


def test_a_long_history_comes_in_pages(app: Flask, tmp_path: Path) -> None:
    days = ["2025-01-01", "2025-01-02", "2025-01-02", "2025-01-02", "2025-01-03"]
    take_in_lines(app, tmp_path, *(line(order_number=f"W{n}", purchased_on=day) for n, day in enumerate(days)))
    ada = an_account("ada@example.com")

    seen, after = [], None
    for _ in range(3):
        found = history(ada, after=after, limit=2)
        seen += [purchase.order_number for purchase in found.purchases]
        after = found.older

    assert (sorted(seen), after) == (["W0", "W1", "W2", "W3", "W4"], None)
    assert seen[0] == "W4"
    assert seen[-1] == "W0"
    assert len(history(ada, after="; DROP TABLE", limit=9).purchases) == 5


def test_batches_are_bounded_and_hold_no_purchase_twice(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purchase_import, "BATCH", 3)
    lines = [line(order_number=f"W{n % 5}") for n in range(10)]

    done = take_in_lines(app, tmp_path, *lines)

    assert last_line(done.stdout) == "imported 5, unchanged 5, rejected 0"


def test_joining_links_what_came_before(app: Flask, tmp_path: Path) -> None:
    take_in_lines(app, tmp_path, line())
    person = Person(email="ada@example.com", is_account=True, email_verified_at=clock.now(), joined_at=clock.now())
    db.session.add(person)

    assert membership.join(person, at=clock.now()).number == "440017"
