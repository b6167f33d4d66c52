"""The four checks that end every test of money, parcels, time and gift cards.

The books balance; the outside books equal ours; nothing is stuck after one more sweep. The fourth, that no page failed,
``tests.web.Browser`` keeps: it lets no answer of 500 or more pass.
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from marketplace.credits.cards import balances
from marketplace.credits.models import GiftCard
from marketplace.database import db
from marketplace.jobs import runner
from marketplace.jobs.deadlines import Deadline, DeadlineState
from marketplace.jobs.inbox import InboxRow, InboxState
from marketplace.jobs.outbox import OPEN, OutboxRow, OutboxState
from marketplace.ledger import Account, proofs
from marketplace.ledger.models import LedgerEntry
from marketplace.orders.models import Order
from marketplace.orders.states import CLOSED
from marketplace.payments.models import PaymentAttempt
from marketplace.payments.sandbox import SandboxRefund, SandboxSession
from marketplace.payments.sandbox_chargebacks import SandboxChargeback
from marketplace.payouts.models import Debt, Payout, PayoutForm, PayoutState
from marketplace.shipping.models import Parcel
from marketplace.shipping.sandbox_books import SandboxParcel
from tests.apart import apart
from tests.doubles.stripe import StripeDouble

LabelsSold = Callable[[], list[tuple[str, int, bool]]]  # number, price in minor units, whether it is still owed


def sandbox_labels() -> list[tuple[str, int, bool]]:
    """What the sandbox's carrier sold."""
    sold = db.session.scalars(sa.select(SandboxParcel).where(SandboxParcel.tracking_number.is_not(None)))
    return [(one.tracking_number or "", one.cost.minor, one.voided_at is None) for one in sold]


def assert_books_balance(
    shop: object, stripe: StripeDouble | None = None, *, labels: LabelsSold = sandbox_labels
) -> None:
    """Sweep once more, then hold the ledger, the doubles' books and the queues to what must be true.

    The payments' books are those of ``stripe`` where it is given, else the sandbox's.
    """

    def look() -> None:
        with shop.app_context():  # type: ignore[attr-defined]
            runner.run_until_idle()
            assert_ledger_is_sound()
            assert_provider_agrees(books_of_stripe(stripe) if stripe else books_of_the_sandbox())
            assert_carrier_agrees(labels())
            assert_gift_cards_agree()
            assert_debts_agree()
            assert_nothing_is_stuck()

    apart(look)


def total(account: Account) -> dict[str, int]:
    """An account's sum by currency, in minor units, debits positive; currencies at zero are left out."""
    rows = db.session.execute(
        sa.select(LedgerEntry.currency, sa.func.sum(LedgerEntry.amount_minor))
        .where(LedgerEntry.account == account)
        .group_by(LedgerEntry.currency)
    )
    return {currency: int(minor) for currency, minor in rows if minor}


def assert_ledger_is_sound() -> None:
    assert proofs.faults() == []
    sums = db.session.execute(
        sa.select(LedgerEntry.currency, sa.func.sum(LedgerEntry.amount_minor)).group_by(LedgerEntry.currency)
    )
    assert {currency: int(minor) for currency, minor in sums if minor} == {}
    closed = set(db.session.scalars(sa.select(Order.id).where(Order.state.in_(CLOSED))))
    left = {order: minor for order, minor in proofs.escrow_by_order().items() if order in closed}
    assert left == {}, "closed orders with money in escrow"


Booked = list[tuple[str, str, int]]  # what it belongs to, currency, minor units


def books_of_the_sandbox() -> tuple[Booked, Booked]:
    """Payments, and what was refunded or taken by banks, as the sandbox's provider has them."""
    paid = db.session.scalars(sa.select(SandboxSession).where(SandboxSession.paid)).all()
    back = db.session.scalars(sa.select(SandboxRefund).where(SandboxRefund.status == "succeeded")).all()
    taken = db.session.scalars(sa.select(SandboxChargeback)).all()
    return (
        [(one.payment_ref or "", one.amount.currency, one.amount.minor) for one in paid],
        [(one.payment_ref, one.currency, one.amount_minor) for one in back]
        + [(one.payment_ref, one.currency, one.withdrawn_minor + one.fee_minor) for one in taken],
    )


def books_of_stripe(stripe: StripeDouble) -> tuple[Booked, Booked]:
    """Payments, refunds and chargebacks as the double of Stripe has them; it was never asked wrongly."""
    assert stripe.violations == []
    paid = [one for one in stripe.sessions.values() if one["payment_status"] == "paid"]
    back = [one for one in stripe.refunds.values() if one["status"] == "succeeded"]
    return (
        [(one["payment_intent"], one["currency"].upper(), one["amount_total"]) for one in paid],
        [(one["payment_intent"], one["currency"].upper(), one["amount"]) for one in back]
        + [
            (one["payment_intent"], one["currency"].upper(), -moved["net"])
            for one in stripe.disputes.values()
            for moved in one["balance_transactions"]
        ],
    )


def assert_provider_agrees(books: tuple[Booked, Booked]) -> None:
    """Paid and not given back there is what clearing holds here; each payment there is one attempt here."""
    paid, given_back = books
    there: dict[str, int] = {}
    for sign, booked in ((1, paid), (-1, given_back)):
        for _payment, currency, minor in booked:
            there[currency] = there.get(currency, 0) + sign * minor
    assert total(Account.CLEARING) == {currency: minor for currency, minor in there.items() if minor}
    paid_here = db.session.scalars(sa.select(PaymentAttempt.payment_ref).where(PaymentAttempt.paid_at.is_not(None)))
    assert sorted(str(ref) for ref in paid_here) == sorted(payment for payment, _currency, _minor in paid)


def assert_carrier_agrees(sold: list[tuple[str, int, bool]]) -> None:
    """Each label sold there is one parcel's here, at the same cost; what was not given back is owed."""
    known = db.session.execute(
        sa.select(Parcel.tracking_number, Parcel.cost_minor).where(Parcel.tracking_number.is_not(None))
    ).all()
    assert sorted(map(tuple, known)) == sorted((number, cost) for number, cost, _is_owed in sold)
    owed = sum(cost for _number, cost, is_owed in sold if is_owed)
    assert -total(Account.CARRIER_PAYABLE).get("USD", 0) == owed


def assert_gift_cards_agree() -> None:
    """What all cards can still buy is the liability; each payout made as one is one card of the same worth.

    A card that is not ours is kept by another house: what all of these are worth is what we owe it.
    """
    cards = db.session.scalars(sa.select(GiftCard)).all()
    owed: dict[str, int] = {}
    for balance in balances(cards).values():
        assert balance.minor >= 0
        owed[balance.currency] = owed.get(balance.currency, 0) + balance.minor
    liability = {currency: -minor for currency, minor in total(Account.GIFT_CARD_LIABILITY).items()}
    assert liability == {currency: minor for currency, minor in owed.items() if minor}
    first = {card.id: card for card in cards}
    for card in sorted(cards, key=lambda one: one.id):  # a replacement stands for the card it replaced
        first[card.id] = first[card.replaces_id] if card.replaces_id else card
    by_number = {card.number: first[card.id].initial for card in cards}
    elsewhere: dict[str, int] = {}
    for payout in db.session.scalars(
        sa.select(Payout).where(Payout.state == PayoutState.ISSUED, Payout.form == PayoutForm.GIFT_CARD)
    ):
        number = payout.gift_card_number or ""
        if number in by_number:
            assert by_number[number] == payout.amount
        else:
            elsewhere[payout.currency] = elsewhere.get(payout.currency, 0) + payout.amount_minor
    assert {currency: -minor for currency, minor in total(Account.GIFT_CARD_ISSUER_PAYABLE).items()} == elsewhere


def assert_debts_agree() -> None:
    """What sellers owe is what seller receivable holds."""
    rows = db.session.execute(sa.select(Debt.currency, sa.func.sum(Debt.open_minor)).group_by(Debt.currency))
    assert {currency: int(minor) for currency, minor in rows if minor} == total(Account.SELLER_RECEIVABLE)


def assert_nothing_is_stuck() -> None:
    """No row waits that could be done, none was given up."""
    stuck = db.session.scalars(sa.select(OutboxRow).where(OutboxRow.state.in_([*OPEN, OutboxState.PARKED]))).all()
    assert [(row.kind, row.key, row.state.value, row.trouble) for row in stuck] == []
    events = db.session.scalars(sa.select(InboxRow).where(InboxRow.state != InboxState.DONE)).all()
    assert [(row.source, row.event_id, row.state.value, row.trouble) for row in events] == []
    parked = db.session.scalars(sa.select(Deadline).where(Deadline.state == DeadlineState.PARKED)).all()
    assert [(row.kind, row.subject_id) for row in parked] == []
