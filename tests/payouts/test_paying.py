"""From a confirmed order to a gift card in the seller's mailbox: once, to the cent, booked."""

from __future__ import annotations

import re
from itertools import product

import pytest
import sqlalchemy as sa

from marketplace import clock
from marketplace.credits import cards
from marketplace.credits.codes import hash_of
from marketplace.credits.models import GiftCard
from marketplace.database import db, unit_of_work
from marketplace.errors import Refusal
from marketplace.jobs import outbox
from marketplace.jobs.outbox import OutboxRow, OutboxState
from marketplace.ledger import Account, balance, proofs
from marketplace.ledger.models import LedgerTransaction
from marketplace.money import Money
from marketplace.orders import settling
from marketplace.orders.models import Order
from marketplace.payouts import paying
from marketplace.payouts.models import (
    PAYOUT,
    CannotForgo,
    CannotHold,
    CannotPayOut,
    CannotStop,
    Goodwill,
    NotHeld,
    NotStopped,
    Payout,
    PayoutState,
)
from marketplace.people.models import Person
from tests.accounts import mail_to
from tests.books import assert_books_balance
from tests.credits.tills import Till
from tests.orders.stories import again, confirm, delivered_order
from tests.shipping.sales import sold_order, sweep
from tests.statements import statements

CODE = re.compile(r"(?:[0-9A-Z]{4}-){6}[0-9A-Z]{4}")


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def payout_for(order: Order) -> Payout:
    db.session.expire_all()
    return db.session.scalars(sa.select(Payout).where(Payout.order_id == order.id)).one()


def card_letters(order: Order) -> list[str]:
    """The texts of the letters that brought the seller a card."""
    seller = db.session.get_one(Person, order.seller_id)
    return [letter.text for letter in mail_to(seller.email) if letter.message == "gift_card_ready"]


def issue_postings() -> list[str]:
    return list(db.session.scalars(sa.select(LedgerTransaction.key).where(LedgerTransaction.kind == "issue")))


ISSUED, DUE, HELD, STOPPED = PayoutState.ISSUED, PayoutState.DUE, PayoutState.HELD, PayoutState.STOPPED
LEADS = {
    "issue": {DUE: ISSUED, PayoutState.REFUSED: ISSUED},
    "refuse": {
        DUE: PayoutState.REFUSED,
        PayoutState.SENT: PayoutState.REFUSED,
        PayoutState.REFUSED: PayoutState.REFUSED,
    },
    "send": {DUE: PayoutState.SENT, PayoutState.REFUSED: PayoutState.SENT},
    "pay": {PayoutState.SENT: ISSUED},
    "come_back": {ISSUED: PayoutState.REFUSED},
    "cover": dict.fromkeys((DUE, PayoutState.REFUSED), PayoutState.COVERED),
    "stop": {HELD: STOPPED, DUE: STOPPED, PayoutState.REFUSED: STOPPED},
    "go_on": {STOPPED: DUE},
    "keep": {STOPPED: HELD},
    "forgo": dict.fromkeys((STOPPED, HELD, DUE, PayoutState.REFUSED), PayoutState.FORGONE),
    "hold": {DUE: HELD, PayoutState.REFUSED: HELD},
    "release": {HELD: DUE},
}


def test_each_pair_of_state_and_action_leads_on_or_is_refused_by_name() -> None:
    assert set(LEADS) == set(PAYOUT.refusals)
    assert Payout.machine is PAYOUT is Goodwill.machine
    for state, action in product(PayoutState, LEADS):
        if target := LEADS[action].get(state):
            assert PAYOUT.next_state(state, action) is target
            continue
        with pytest.raises(Refusal) as refused:
            PAYOUT.next_state(state, action)
        assert type(refused.value) is NAMED[action], (state, action)


NAMED = {
    "issue": CannotPayOut,
    "refuse": CannotPayOut,
    "send": CannotPayOut,
    "pay": CannotPayOut,
    "come_back": CannotPayOut,
    "cover": CannotPayOut,
    "stop": CannotStop,
    "go_on": NotStopped,
    "keep": NotStopped,
    "forgo": CannotForgo,
    "hold": CannotHold,
    "release": NotHeld,
}


@pytest.mark.rule("MK-41", "MK-43", "MK-16")
def test_the_seller_gets_four_fifths_as_a_gift_card_once_the_buyer_confirms(app, client) -> None:
    order = delivered_order()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Payout)) == 0
    confirm(order)
    order = again(order)
    payout = payout_for(order)
    assert (order.price, payout.amount, payout.state) == (usd(24_500), usd(19_600), PayoutState.ISSUED)
    assert -balance(Account.COMMISSION, "USD", order_id=order.id) == usd(4_900)

    (letter,) = card_letters(order)
    (code,) = set(CODE.findall(letter))
    assert Till(client).look_up(code).json == {
        "number": payout.gift_card_number,
        "last_four": payout.gift_card_last_four,
        "balance": 19_600,
        "currency": "USD",
    }
    assert balance(Account.SELLER_PAYABLE, "USD", order_id=order.id) == usd(0)
    assert balance(Account.GIFT_CARD_LIABILITY, "USD", order_id=order.id) == usd(-19_600)
    assert_books_balance(app)


@pytest.mark.rule("MK-42")
def test_silence_for_three_days_after_delivery_pays_by_itself(app, advance) -> None:
    order = delivered_order()
    advance(hours=71, minutes=59)
    sweep()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Payout)) == 0
    advance(minutes=2)
    sweep()
    assert (payout_for(order).state, payout_for(order).amount) == (PayoutState.ISSUED, usd(19_600))
    assert len(card_letters(order)) == 1
    advance(days=30)
    sweep()
    assert len(card_letters(order)) == 1
    assert issue_postings() == [f"issue:payouts:{payout_for(order).id}"]
    assert_books_balance(app)


@pytest.mark.fault("G05")
def test_the_code_is_encrypted_until_the_letter_leaves_and_nowhere_afterwards(app) -> None:
    order = delivered_order()
    with unit_of_work():
        order = db.session.get_one(Order, order.id)
        settling.confirm(order, stars=5, words="", by=order.buyer, at=clock.now())
    letters = sa.select(OutboxRow).where(OutboxRow.key == f"mail:gift_card_ready:{order.number}")
    while db.session.scalars(letters).first() is None:
        assert outbox.run_due(limit=1)
    waiting = db.session.scalars(letters).one()
    assert waiting.state is OutboxState.PENDING
    code = waiting.secrets["code"]
    assert hash_of(code) == db.session.scalars(sa.select(GiftCard.code_hash)).one()
    assert not tables_that_hold(code)
    sweep()
    gone = db.session.scalars(letters).one()
    assert (gone.state, gone.sealed, gone.secrets) == (OutboxState.DONE, None, {})
    assert tables_that_hold(code) == ["sandbox_mails"]
    letter = next(letter for letter in mail_to(order.seller.email) if letter.message == "gift_card_ready")
    assert code not in letter.subject
    assert code[-4:] in letter.text


def tables_that_hold(code: str) -> list[str]:
    """The tables in which the code can be read."""
    found = []
    for name, table in db.metadata.tables.items():
        for row in db.session.execute(sa.select(table)):
            text = " ".join(repr(value) for value in row)
            if code in text or code.replace("-", "") in text:
                found.append(name)
                break
    return found


# Owing ---------------------------------------------------------------------------------------------------------------


def owed(order: Order, minor: int = 100) -> paying.PayoutOwed:
    assert order.seller_id is not None
    return paying.PayoutOwed(order.id, order.number, order.seller_id, usd(minor))


def test_many_are_owed_in_few_statements_each_with_its_card_asked_for(app, engine: str) -> None:
    orders = [sold_order() for _ in range(5)]

    with unit_of_work():
        debts = [owed(order, 100 + place) for place, order in enumerate(orders)]
        at = clock.now()
        with statements() as said:
            payouts = paying.owe_payouts(debts, at=at)
    assert [(payout.order_id, payout.amount_minor) for payout in payouts] == [
        (d.order_id, d.amount.minor) for d in debts
    ]
    assert len(said) == (5 if engine == "postgresql" else 9)  # SQLite hands keys back one by one
    rows = db.session.scalars(sa.select(OutboxRow).where(OutboxRow.kind == "gift_card").order_by(OutboxRow.id)).all()
    assert [row.key for row in rows] == [f"gift_card:{payout.reference}" for payout in payouts]
    assert [row.request for row in rows] == [
        {"reference": debt.reference, "amount_minor": debt.amount.minor, "currency": "USD"} for debt in debts
    ]


def test_nothing_is_owed_for_no_orders(app) -> None:
    with unit_of_work():
        assert paying.owe_payouts([], at=clock.now()) == []


def test_an_order_is_paid_out_once(app) -> None:
    order = sold_order()
    with unit_of_work():
        paying.owe_payouts([owed(order)], at=clock.now())
    with pytest.raises(sa.exc.IntegrityError), unit_of_work():
        paying.owe_payouts([owed(order)], at=clock.now())
    assert payout_for(order).amount == usd(100)


@pytest.mark.fault("G09")
@pytest.mark.parametrize("minor", [1, 3, 7])
def test_the_smallest_payouts_are_issued_to_the_cent(app, minor: int) -> None:
    order = sold_order()
    with unit_of_work():
        paying.owe_payout(
            order_id=order.id,
            reference=order.number,
            seller_id=order.seller_id or 0,
            amount=usd(minor),
            at=clock.now(),
        )
    sweep()
    card = db.session.scalars(sa.select(GiftCard)).one()
    assert (card.initial, cards.balance_of(card)) == (usd(minor), usd(minor))
    assert card.holder_id == order.seller_id
    assert proofs.faults() == []


def test_a_payout_that_was_issued_is_not_issued_again(app) -> None:
    order = delivered_order()
    confirm(order)
    with pytest.raises(CannotPayOut), unit_of_work():
        paying.issue_again(payout_for(order), at=clock.now())
    assert len(issue_postings()) == 1
