"""The mail server is away: orders go on, and each letter goes out later, once (fault W15)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace.database import db
from marketplace.jobs import outbox
from marketplace.jobs.outbox import OutboxRow, OutboxState
from marketplace.mail.smtp import SmtpPostRoom
from marketplace.mail_server import MailServer
from marketplace.orders.models import Order
from marketplace.orders.states import OrderState
from tests.books import assert_books_balance
from tests.doubles.mail import LOST, MailDouble
from tests.orders.stories import again, confirm
from tests.payouts.test_crashes import make_due
from tests.shipping.sales import labelled_order, parcel_of, sweep, travel


@pytest.fixture
def post(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailDouble]:
    """The shop's mail server."""
    with MailDouble() as running:
        server = MailServer("127.0.0.1", running.port, "none", "shop@shop.example", timeout=2)
        monkeypatch.setitem(app.extensions, "mail", SmtpPostRoom(server))
        yield running


def rows(*states: OutboxState) -> list[OutboxRow]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(OutboxRow).where(OutboxRow.kind == "mail", OutboxRow.state.in_(states))))


def arrived(post: MailDouble) -> Counter[str]:
    """How often each letter lies there, by what tells it from the others."""
    return Counter(str(letter["Message-ID"]) for letter in post.letters)


def paid_out(order: Order) -> bool:
    return again(order).state is OrderState.SETTLED


@pytest.mark.fault("W15")
def test_an_order_goes_on_without_mail_and_every_letter_arrives_later_once(app: Flask, post: MailDouble) -> None:
    post.stop()
    order = labelled_order()
    assert parcel_of(order).tracking_number
    travel(order, "scan")
    travel(order, "deliver")
    confirm(order)
    waiting = rows(OutboxState.PENDING)
    assert (paid_out(order), len(waiting) > 5, post.letters) == (True, True, [])

    post.start()
    make_due()
    sweep()
    assert rows(OutboxState.PENDING, OutboxState.UNKNOWN, OutboxState.PARKED) == []
    assert set(arrived(post).values()) == {1}
    assert len(post.letters) == len(rows(OutboxState.DONE)) >= len(waiting)
    assert_books_balance(app)


def test_control_a_shop_that_tries_a_letter_once_loses_it(
    app: Flask, post: MailDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MOST_ATTEMPTS", 1)
    post.stop()
    order = labelled_order()
    post.start()
    make_due()
    sweep()
    assert (again(order).state, post.letters) == (OrderState.PAID, [])  # nobody ever hears of the label
    assert len(rows(OutboxState.PARKED)) > 0


@pytest.mark.fault("W15")
def test_a_letter_whose_answer_was_lost_is_known_by_its_number_when_it_comes_again(
    app: Flask, post: MailDouble
) -> None:
    post.plan("DATA", LOST)
    order = labelled_order()
    [unknown] = rows(OutboxState.UNKNOWN)
    make_due()
    sweep()
    assert db.session.get_one(OutboxRow, unknown.id).state is OutboxState.DONE
    assert sorted(arrived(post).values())[-2:] == [1, 2]
    travel(order, "scan")
    travel(order, "deliver")
    confirm(order)
    assert paid_out(order)
    assert_books_balance(app)


def test_an_address_that_refuses_mail_stops_no_other_letter(app: Flask, post: MailDouble) -> None:
    post.plan("RCPT", "550 5.1.1 nobody of that name")
    labelled_order()
    assert len(rows(OutboxState.REFUSED)) == 1
    assert len(post.letters) == len(rows(OutboxState.DONE)) > 0
    assert rows(OutboxState.PENDING, OutboxState.UNKNOWN) == []
