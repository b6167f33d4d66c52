"""Random histories of everything that can happen to a few pieces: the money is right after every step (fault G07)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from marketplace import clock
from marketplace.credits import store_credit
from marketplace.database import db, unit_of_work
from marketplace.errors import Refusal
from marketplace.jobs import deadlines, outbox
from marketplace.jobs.deadlines import Deadline
from marketplace.jobs.outbox import OPEN, OutboxRow
from marketplace.ledger import Account, proofs
from marketplace.ledger.models import LedgerEntry
from marketplace.listings.models import Listing
from marketplace.listings.states import ListingState
from marketplace.money import Money
from marketplace.orders import checkouts, credit, fulfilment, refunding, settling
from marketplace.orders.models import Checkout, Hold, Order
from marketplace.orders.refunding import EndReason
from marketplace.orders.states import ORDER, OrderState
from marketplace.orders.tax import TaxQuote
from marketplace.payments import attempts, sandbox
from marketplace.payments.gateway import gateway
from marketplace.payments.models import PaymentAttempt
from marketplace.payouts.models import Payout
from marketplace.people.models import Person
from marketplace.shipping import label_document
from marketplace.shipping.facts import ParcelDelivered, ParcelReturned, ParcelScanned
from tests.orders import wallets
from tests.shopping import ADDRESS, live_listing

ORDERS = st.integers(0, 9)


class History(RuleBasedStateMachine):
    """Three pieces, buyers who pay or do not, a carrier, a desk, and time.

    The shop is opened once; each history begins in it and is rolled back.
    """

    forms = 0

    @initialize()
    def begin(self) -> None:
        bind = db.session.get_bind()
        assert isinstance(bind, sa.Connection)
        self.connection = bind
        db.session.remove()
        self.savepoint = bind.begin_nested()
        self.forms = len(db.session.scalars(sa.select(Checkout.id)).all())

    def open_the_shop(self) -> None:
        wallets.credit_spends_here()
        for price in (7, 9_999, 24_500):
            live_listing(price=price)
        live_listing(price=101, supply=True)
        self._sell(250, pays=False, several=True, has_credit=900)
        self.let_time_pass(timedelta(minutes=40))
        self.do_what_is_queued()
        self._sell(250, pays=True, several=True, has_credit=1_000)
        for news in ("ship", "deliver"):
            self._hear(0, news, fitting=True)

    def teardown(self) -> None:
        """What is wrong with somebody's credit stays so to the end: it is looked at once."""
        if hasattr(self, "savepoint"):
            with unit_of_work(reading=True):
                faults = [*credit.faults(), *store_credit.overfull(), *proofs.overdrawn_credits()]
            db.session.remove()
            self.savepoint.rollback()
            assert faults == []

    def _order(self, place: int, action: str, *, fitting: bool = True) -> Order | None:
        """One of the orders ``action`` fits, or else any order at all."""
        states = ORDER.sources(action) if fitting else list(OrderState)
        orders = db.session.scalars(sa.select(Order).where(Order.state.in_(states)).order_by(Order.id)).all()
        return orders[place % len(orders)] if orders else None

    @rule(
        tax=st.integers(0, 5_000),
        pays=st.sampled_from([True, True, False]),
        several=st.booleans(),
        has_credit=st.sampled_from([0, 1, 900, 9_000, 90_000]),
    )
    def buy(self, tax: int, pays: bool, several: bool, has_credit: int) -> None:
        self._sell(tax, pays=pays, several=several, has_credit=has_credit)

    def _sell(self, tax: int, *, pays: bool, several: bool, has_credit: int) -> None:
        """Whatever is for sale is wanted: paid for with what credit there is, or left on the provider's page."""
        with unit_of_work():
            free = db.session.scalars(sa.select(Listing).where(Listing.state == ListingState.LIVE)).all()
            wanted = free[: 2 if several else 1]
            if not wanted:
                return
            self.forms += 1
            buyer = Person(email=f"buyer{self.forms}@example.com", joined_at=clock.now())
            db.session.add(buyer)
            db.session.flush()
            if has_credit:
                wallets.issue(buyer.id, has_credit)
            quote = TaxQuote(tuple(Money(tax, "USD") for _ in wanted), {})
            token = f"form-{self.forms}"
            ship_to = {**ADDRESS, "country": "US", "line2": "", "phone": ""}
            checkout = checkouts.open_checkout(
                buyer=buyer,
                listings=wanted,
                ship_to=ship_to,
                quote=quote,
                form_token=token,
                uses_credit=True,
                at=clock.now(),
            )
            attempt = checkouts.start_payment(checkout, return_url="/", by=buyer, at=clock.now())
        if attempt is None:  # credit has paid everything
            return
        page = gateway().open_page(attempt.request, attempt.key)
        with unit_of_work():
            attempt = db.session.get_one(PaymentAttempt, attempt.id)
            attempts.record_page(attempt.id, page, at=clock.now())
            if pays:
                assert sandbox.pay(page.session_ref, "4242424242424242") == "paid"
        if pays:
            report = gateway().retrieve(page.session_ref)
            with unit_of_work():
                attempts.apply(db.session.get_one(PaymentAttempt, attempt.id), report, at=clock.now())

    @rule(place=ORDERS)
    def send_the_label(self, place: int) -> None:
        with unit_of_work():
            if order := self._order(place, "issue_label"):
                fulfilment.issue_label(order, at=clock.now())

    @rule(place=ORDERS, news=st.sampled_from(["ship", "deliver", "return"]), fitting=st.booleans())
    def hear_from_the_carrier(self, place: int, news: str, fitting: bool) -> None:
        self._hear(place, news, fitting=fitting)

    def _hear(self, place: int, news: str, *, fitting: bool) -> None:
        with unit_of_work():
            order = self._order(place, news, fitting=fitting)
            if order is not None and order.paid_at is not None:
                at = clock.now()
                if news == "ship":
                    fulfilment.parcel_scanned(ParcelScanned(0, order.id, at, at))
                elif news == "deliver":
                    fulfilment.parcel_delivered(ParcelDelivered(0, order.id, at, at))
                    settling.note_delivery_mail(order, at=at)
                else:
                    fulfilment.parcel_returned(ParcelReturned(0, order.id, at))

    @rule(
        place=ORDERS,
        verb=st.sampled_from(["confirm", "contest", "cancel", "settle", "refund"]),
        fitting=st.sampled_from([True, True, False]),
    )
    def act(self, place: int, verb: str, fitting: bool) -> None:
        """Any verb at any moment: carried out, or refused with nothing changed."""
        try:
            with unit_of_work():
                if order := self._order(place, verb, fitting=fitting):
                    at, by = clock.now(), order.buyer
                    if verb == "confirm":
                        settling.confirm(order, stars=5, words="", by=by, at=at)
                    elif verb == "contest":
                        settling.contest(order, by=by, at=at, reason="condition")
                    elif verb == "cancel":
                        refunding.cancel(order, reason=EndReason.DESK_CANCELLED, by=by, at=at)
                    elif verb == "settle":
                        settling.settle_contested(order, by=by, at=at)
                    else:
                        refunding.refund_in_full(order, reason=EndReason.DESK_DECISION, by=by, at=at)
        except Refusal:
            db.session.expire_all()

    @rule(place=ORDERS, minor=st.integers(-1, 30_000))
    def refund_a_part(self, place: int, minor: int) -> None:
        try:
            with unit_of_work():
                if order := self._order(place, "contest"):
                    reason = EndReason.DESK_DECISION
                    price = Money(minor, "USD")
                    refunding.refund_part(order, of_price=price, reason=reason, by=order.buyer, at=clock.now())
        except Refusal:
            db.session.expire_all()

    @rule(step=st.sampled_from([timedelta(minutes=40), timedelta(hours=72), timedelta(days=11)]))
    def let_time_pass(self, step: timedelta) -> None:
        with unit_of_work():
            clock.advance(step)
        deadlines.sweep()

    @rule()
    def do_what_is_queued(self) -> None:
        outbox.run_due()

    def _found(self, question: sa.Select[Any] | sa.CompoundSelect[Any]) -> Sequence[Any]:
        """What the database answers now, past the session and all it remembers."""
        return self.connection.execute(question).all()

    @invariant()
    def the_money_is_right(self) -> None:
        if not hasattr(self, "savepoint"):
            return
        sums: dict[int | None, dict[Account, int]] = defaultdict(lambda: defaultdict(int))
        for order_id, account, minor in self._found(_SUMS):
            sums[order_id][account] = int(minor)
        assert sum(minor for own in sums.values() for minor in own.values()) == 0
        for order in self._found(_ORDERS):
            self._judge(order.state, sums[order.id], order.captured, order.refunded, order.credit)
        assert self._found(_FAULTS) == []

    @staticmethod
    def _judge(state: OrderState, sums: Mapping[Account, int], captured: int, refunded: int, credit: int) -> None:
        escrow = -sums[Account.ESCROW]
        assert escrow >= 0
        if state is OrderState.SETTLED:
            assert escrow == 0
            assert credit - sum(sums[account] for account in OURS) + refunded == captured
        if state is OrderState.REFUNDED:
            assert (escrow, refunded) == (0, captured)
        if state not in (OrderState.SETTLED, OrderState.REFUNDED):
            assert (escrow, credit) == (captured - refunded, 0)


OURS = (Account.COMMISSION, Account.OWN_STOCK_SALES, Account.SHIPPING_INCOME, Account.TAX_PAYABLE)

# The statements are written once: they are asked after every step.
_SUMS = sa.select(LedgerEntry.order_id, LedgerEntry.account, sa.func.sum(LedgerEntry.amount_minor)).group_by(
    LedgerEntry.order_id, LedgerEntry.account
)
_ORDERS = sa.select(
    Order.id,
    Order.state,
    sa.case((Order.paid_at.is_not(None), Order.price_minor + Order.shipping_minor + Order.tax_minor), else_=0).label(
        "captured"
    ),
    (Order.refunded_price_minor + Order.refunded_shipping_minor + Order.refunded_tax_minor).label("refunded"),
    sa.func.coalesce(Payout.amount_minor + Payout.covered_minor, 0).label("credit"),
).outerjoin(Payout, Payout.order_id == Order.id)
_FAULTS = sa.union_all(
    sa.select(Deadline.kind).where(Deadline.failures > 0),
    sa.select(OutboxRow.trouble).where(OutboxRow.trouble.is_not(None), OutboxRow.state.in_(OPEN)),
    sa.select(sa.cast(Hold.item_id, sa.String))
    .where(Hold.released_at.is_(None))
    .group_by(Hold.item_id)
    .having(sa.func.count() > 1),
)


@pytest.mark.fault("G07")
@pytest.mark.property
@pytest.mark.timeout(900)
def test_every_step_of_a_random_history_keeps_the_ledgers_promises(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_document, "render_label", lambda _contents: b"%PDF-")  # a drawing has no say in the money
    History().open_the_shop()
    run_state_machine_as_test(History, settings=settings())
