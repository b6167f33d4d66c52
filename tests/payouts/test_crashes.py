"""The process stops between any two lines of issuing a card: afterwards the seller has one card, and its code works.

The lines are found by running them: the trace stops at the first, then at the second, and so on to the last. The
control takes the protection off and must see sellers with two cards.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType
from typing import Any

import pytest
import sqlalchemy as sa

from marketplace import clock
from marketplace.credits import cards, own, remote
from marketplace.credits.codes import hash_of
from marketplace.credits.issuer import CardWanted, IssuedCard
from marketplace.credits.models import GiftCard
from marketplace.database import db, unit_of_work
from marketplace.jobs import outbox
from marketplace.jobs.outbox import OPEN, OutboxRow
from marketplace.ledger.models import LedgerTransaction
from marketplace.money import Money
from marketplace.orders import settling
from marketplace.orders.models import Order
from marketplace.payouts import gift_cards
from marketplace.payouts.models import Payout, PayoutState
from tests.accounts import mail_to
from tests.orders.stories import delivered_order
from tests.payouts.test_paying import CODE
from tests.shipping.sales import sweep

WATCHED = {module.__file__ for module in (outbox, own, remote, cards, gift_cards)}
MOST_LINES = 400


class Killed(BaseException):
    """The process is gone: nothing catches this."""


@contextmanager
def killed_at(line: int) -> Iterator[None]:
    """Run what follows until the ``line``-th line of the watched modules, and stop there."""
    left = line

    def trace(frame: FrameType, event: str, _arg: Any) -> Callable[..., Any] | None:
        nonlocal left
        if frame.f_code.co_filename not in WATCHED:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                raise Killed
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


def due_payout() -> Order:
    """A confirmed order whose card has not been asked for yet; all other work is done."""
    order = delivered_order()
    with unit_of_work():
        order = db.session.get_one(Order, order.id)
        settling.confirm(order, stars=5, words="", by=order.buyer, at=clock.now())
    with unit_of_work() as session:
        later = clock.wall() + timedelta(days=1)
        session.execute(sa.update(OutboxRow).where(OutboxRow.kind == gift_cards.GIFT_CARD).values(due_at=later))
    while outbox.run_due():
        pass
    assert open_rows() == 1
    return order


def open_rows() -> int:
    return db.session.scalar(sa.select(sa.func.count(OutboxRow.id)).where(OutboxRow.state.in_(OPEN))) or 0


def make_due() -> None:
    """The lease of a worker that is gone runs out; what waits need wait no longer."""
    with unit_of_work() as session:
        session.execute(sa.update(OutboxRow).where(OutboxRow.state.in_(OPEN)).values(due_at=clock.shared()))


def wrong(order: Order) -> str:
    """What is not as it must be after everything has run again; empty when all is well."""
    db.session.expire_all()
    payout = db.session.scalars(sa.select(Payout).where(Payout.order_id == order.id)).one()
    held = db.session.scalars(sa.select(GiftCard)).all()
    postings = db.session.scalars(sa.select(LedgerTransaction).where(LedgerTransaction.kind == "issue")).all()
    letters = [letter.text for letter in mail_to(order.seller.email) if letter.message == "gift_card_ready"]
    if payout.state is not PayoutState.ISSUED:
        return f"the payout is {payout.state}"
    if (len(held), len(postings), len(letters)) != (1, 1, 1):
        return f"{len(held)} cards, {len(postings)} postings, {len(letters)} letters"
    if {hash_of(code) for code in CODE.findall(letters[0])} != {held[0].code_hash}:
        return "the code in the letter opens nothing"
    return "" if cards.balance_of(held[0]) == Money(19_600, "USD") else "the card does not hold what was owed"


def stops(order: Order, wrong: Callable[[Order], str] = wrong, *, every: int = 1) -> Iterator[str]:
    """Stop at each line in turn, run again, take it all back; yields what was wrong each time, empty for nothing.

    ``every`` leaves lines out, for a story that takes its time.
    """
    connection = db.session.get_bind()
    for line in range(1, MOST_LINES, every):
        db.session.rollback()
        db.session.expire_all()
        before = connection.begin_nested()
        make_due()
        try:
            with killed_at(line):
                outbox.run_due(limit=1)
            reached_the_end = True
        except Killed:
            reached_the_end = False
        db.session.rollback()
        while open_rows():
            make_due()
            outbox.run_due()
        yield wrong(order)
        db.session.rollback()
        before.rollback()
        if reached_the_end:
            assert line > 40, "there was nothing to stop"
            return
    raise AssertionError("it never came to its end")


def test_wherever_the_process_stops_the_seller_has_one_card_whose_code_works(app) -> None:
    assert set(stops(due_payout())) == {""}


def test_control_a_card_that_is_not_looked_for_is_issued_twice(app, monkeypatch: pytest.MonkeyPatch) -> None:
    order = due_payout()
    with unit_of_work() as session:
        session.execute(sa.text("DROP INDEX uq_gift_cards_own_reference"))
    monkeypatch.setattr(own, "_of", lambda _reference: None)
    assert "2 cards, 1 postings, 1 letters" in stops(order)


# A worker that slept ------------------------------------------------------------------------------------------------


def overtake(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the worker sleep between the issuer's answer and its record, while another asks for the same card."""
    answer = gift_cards._answer

    def answer_and_sleep(card: IssuedCard) -> outbox.Done:
        done = answer(card)
        own.OwnIssuer().look_up(CardWanted(card.amount, order.number, "another worker's"))
        return done

    with monkeypatch.context() as slow:
        slow.setattr(gift_cards, "_answer", answer_and_sleep)
        make_due()
        outbox.run_due(limit=1)
    make_due()
    sweep()


def test_a_worker_that_was_overtaken_mails_no_dead_code(app, monkeypatch: pytest.MonkeyPatch) -> None:
    order = due_payout()
    overtake(order, monkeypatch)
    assert wrong(order) == ""


def test_control_without_the_last_look_it_mails_a_dead_code(app, monkeypatch: pytest.MonkeyPatch) -> None:
    order = due_payout()
    monkeypatch.setattr(own, "hand_over", lambda _card_id, **_more: None)
    overtake(order, monkeypatch)
    assert wrong(order) == "the code in the letter opens nothing"
