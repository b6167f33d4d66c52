"""Random histories of everything that can happen to a few pieces: the money is right after every step (fault G07)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.errors import Refusal
from marketplace.jobs import deadlines, outbox
from marketplace.jobs.deadlines import Deadline
from marketplace.jobs.outbox import OPEN, OutboxRow
from marketplace.ledger import Account
from marketplace.ledger.models import LedgerEntry
from marketplace.listings.models import Listing
from marketplace.listings.states import ListingState
from marketplace.money import Money
from marketplace.orders import checkouts, fulfilment, refunding, settling
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
from tests.shopping import ADDRESS, live_listing

ORDERS = st.integers(0, 9)


class History(RuleBasedStateMachine):
    """Three pieces, buyers who pay or do not, a carrier, a desk, and time.

    The shop is opened once; each history begins in it and is rolled back.
    """

    forms = 0

    @initialize()
    def begin(self) -> None:
        connection = db.session.get_bind()
        db.session.remove()
        self.savepoint = connection.begin_nested()  # type: ignore[union-attr]
        self.forms = len(db.session.scalars(sa.select(Checkout.id)).all())

    def open_the_shop(self) -> None:
        for price in (7, 9_999, 24_500):
            live_listing(price=price)
        live_listing(price=101, supply=True)
        self._sell(250, pays=True, several=True)
        for news in ("ship", "deliver"):
            self._hear(0, news, fitting=True)

    def teardown(self) -> None:
        if hasattr(self, "savepoint"):
            db.session.remove()
            self.savepoint.rollback()

    def _order(self, place: int, action: str, *, fitting: bool = True) -> Order | None:
        """One of the orders ``action`` fits, or else any order at all."""
        states = ORDER.sources(action) if fitting else list(OrderState)
        orders = db.session.scalars(sa.select(Order).where(Order.state.in_(states)).order_by(Order.id)).all()
        return orders[place % len(orders)] if orders else None

    @rule(tax=st.integers(0, 5_000), pays=st.sampled_from([True, True, False]), several=st.booleans())
    def buy(self, tax: int, pays: bool, several: bool) -> None:
        self._sell(tax, pays=pays, several=several)

    def _sell(self, tax: int, *, pays: bool, several: bool) -> None:
        """Whatever is for sale is wanted: paid for, or left on the provider's page."""
        with unit_of_work():
            free = db.session.scalars(sa.select(Listing).where(Listing.state == ListingState.LIVE)).all()
            wanted = free[: 2 if several else 1]
            if not wanted:
                return
            self.forms += 1
            buyer = Person(email=f"buyer{self.forms}@example.com", joined_at=clock.now())
            db.session.add(buyer)
            db.session.flush()
            quote = TaxQuote(tuple(Money(tax, "USD") for _ in wanted), {})
            token = f"form-{self.forms}"
            ship_to = {**ADDRESS, "country": "US", "line2": "", "phone": ""}
            checkout = checkouts.open_checkout(
                buyer=buyer, listings=wanted, ship_to=ship_to, quote=quote, form_token=token, at=clock.now()
            )
            attempt = checkouts.start_payment(checkout, return_url="/", by=buyer, at=clock.now())
        page = gateway().open_page(attempt.request, attempt.key)
        with unit_of_work():
            attempt = db.session.get_one(PaymentAttempt, attempt.id)
            attempts.record_page(attempt, page, at=clock.now())
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

    @invariant()
    def the_money_is_right(self) -> None:
        if not hasattr(self, "savepoint"):
            return
        with unit_of_work(reading=True):
            sums: dict[tuple[int | None, Account], int] = {}
            entries = sa.select(LedgerEntry.order_id, LedgerEntry.account, sa.func.sum(LedgerEntry.amount_minor))
            for order_id, account, minor in db.session.execute(
                entries.group_by(LedgerEntry.order_id, LedgerEntry.account)
            ):
                sums[order_id, account] = int(minor)
            assert sum(sums.values()) == 0
            payouts = dict(db.session.execute(sa.select(Payout.order_id, Payout.amount_minor)).all())
            for order in db.session.scalars(sa.select(Order)):
                own = {account: minor for (owner, account), minor in sums.items() if owner == order.id}
                self._judge(order, own, payouts.get(order.id, 0))
            assert db.session.scalars(sa.select(Deadline.kind).where(Deadline.failures > 0)).all() == []
            broken = sa.select(OutboxRow.trouble).where(OutboxRow.trouble.is_not(None), OutboxRow.state.in_(OPEN))
            assert db.session.scalars(broken).all() == []
            live = db.session.scalars(sa.select(Hold.item_id).where(Hold.released_at.is_(None))).all()
            assert len(live) == len(set(live))

    @staticmethod
    def _judge(order: Order, sums: dict[Account, int], credit: int) -> None:
        escrow = -sums.get(Account.ESCROW, 0)
        assert escrow >= 0
        captured = order.total.minor if order.paid_at else 0
        refunded = order.refunded.minor
        if order.state is OrderState.SETTLED:
            assert escrow == 0
            parts = [Account.COMMISSION, Account.OWN_STOCK_SALES, Account.SHIPPING_INCOME, Account.TAX_PAYABLE]
            assert credit - sum(sums.get(account, 0) for account in parts) + refunded == captured
        if order.state is OrderState.REFUNDED:
            assert (escrow, refunded) == (0, captured)
        if order.state not in (OrderState.SETTLED, OrderState.REFUNDED):
            assert (escrow, credit) == (captured - refunded, 0)


@pytest.mark.fault("G07")
@pytest.mark.property
@pytest.mark.timeout(900)
def test_every_step_of_a_random_history_keeps_the_ledgers_promises(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_document, "render_label", lambda _contents: b"%PDF-")  # a drawing has no say in the money
    History().open_the_shop()
    run_state_machine_as_test(History, settings=settings())
