"""Sales and refunds in the tax service's books: each once, to the cent, whatever happens to the answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.jobs import outbox
from marketplace.jobs.alarms import Alarm, AlarmKind
from marketplace.jobs.outbox import OutboxRow, OutboxState
from marketplace.money import Money
from marketplace.orders import checkouts, refunding, tax_books
from marketplace.orders.models import Checkout, Order
from marketplace.orders.refunding import EndReason
from marketplace.orders.stripe_tax import StripeTax
from marketplace.orders.tax import RecordedSale, TaxedSale
from tests.books import assert_books_balance
from tests.doubles.faults import fail_after_work, lose_answer, refuse
from tests.doubles.stripe import StripeDouble
from tests.jobs.outside import pass_wall_time
from tests.orders.stories import again, confirm
from tests.orders.tax_doubles import assert_tax_books_agree, taxed_by
from tests.shipping.sales import sweep, travel
from tests.shopping import buy, live_listing, pay, to_payment
from tests.web import Browser

RunJobs = Callable[[], int]
CALIFORNIA = {"line1": "1 Market Street", "city": "San Francisco", "region": "CA", "postcode": "94105"}
INACTIVE = {"error": {"type": "invalid_request_error", "code": "stripe_tax_inactive", "message": "Activate Tax first."}}


@pytest.fixture
def stripe(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeDouble]:
    with StripeDouble() as running:
        taxed_by(running, app, monkeypatch)
        yield running


def sold(client: Browser, **changes: str) -> Order:
    """A piece paid for through the pages; nothing that follows from it has been done yet."""
    [order] = buy(client, live_listing(price=24_500), **changes)
    return order


def part_back(order: Order, minor: int) -> None:
    with unit_of_work():
        order = db.session.get_one(Order, order.id)
        price = Money(minor, "USD")
        refunding.refund_part(order, of_price=price, reason=EndReason.DESK_DECISION, by=order.buyer, at=clock.now())


def cancel(order: Order) -> None:
    with unit_of_work():
        order = db.session.get_one(Order, order.id)
        refunding.cancel(order, reason=EndReason.DESK_CANCELLED, by=order.buyer, at=clock.now())


def until_done() -> None:
    """Let the pauses between tries pass until nothing more is due."""
    for _round in range(4):
        sweep()
        pass_wall_time()
    sweep()


def tax_rows() -> list[OutboxRow]:
    db.session.expire_all()
    kinds = (tax_books.RECORD, tax_books.REVERSE)
    return list(db.session.scalars(sa.select(OutboxRow).where(OutboxRow.kind.in_(kinds)).order_by(OutboxRow.id)))


def alarms() -> list[AlarmKind]:
    return list(db.session.scalars(sa.select(Alarm.kind).where(Alarm.cleared_at.is_(None))))


def test_a_sale_is_recorded_with_the_tax_that_was_taken(app: Flask, client: Browser, stripe: StripeDouble) -> None:
    order = sold(client)
    sweep()
    sale = stripe.sale(order.number)
    assert sale is not None
    assert sale.tax_left == order.tax_minor == 2174 + 79  # 8.875% of the price and of the shipping, each rounded
    assert_tax_books_agree(stripe)
    assert_books_balance(app)


def test_pieces_of_one_payment_are_a_sale_each(app: Flask, client: Browser, stripe: StripeDouble) -> None:
    first, second = buy(client, live_listing(price=10_000), live_listing(price=20_000, supply=True))
    sweep()
    cancel(first)
    sweep()
    kept, gone = stripe.sale(second.number), stripe.sale(first.number)
    assert kept is not None and gone is not None
    assert (kept.tax_left, gone.tax_left) == (second.tax_minor, 0)
    origins = [dict(call.form)["ship_from_details[address][state]"] for call in stripe.of("create_tax_calculation")]
    assert origins == ["OR", "NJ"], "each leaves from its own place"
    assert_tax_books_agree(stripe)
    assert_books_balance(app)


def test_a_gift_card_for_the_seller_is_no_sale(app: Flask, client: Browser, stripe: StripeDouble) -> None:
    order = sold(client)
    sweep()
    travel(order, "scan")
    travel(order, "deliver")
    confirm(again(order))
    assert [row.kind for row in tax_rows()] == [tax_books.RECORD]
    assert len(stripe.sales) == 1
    assert_tax_books_agree(stripe)
    assert_books_balance(app)


@pytest.mark.fault("B04")
def test_a_payment_for_a_piece_that_is_gone_is_no_sale(app: Flask, client: Browser, stripe: StripeDouble) -> None:
    listing, rival = live_listing(), app.test_client()
    payment_page = to_payment(client, listing)
    with unit_of_work() as session:
        checkouts.expire(session.scalars(sa.select(Checkout)).one(), at=clock.now())
    [won] = buy(rival, listing, email="rival@example.com")
    pay(client, payment_page)
    sweep()
    assert list(stripe.tax_left) == [won.number]
    assert_tax_books_agree(stripe)
    assert_books_balance(app)


def test_what_the_table_quoted_is_told_to_nobody(app: Flask, client: Browser) -> None:
    order = sold(client)
    sweep()
    part_back(order, 500)
    cancel(order)
    sweep()
    assert tax_rows() == []


# Refunds in parts ----------------------------------------------------------------------------------------------------


@pytest.mark.fault("B16")
@pytest.mark.parametrize(
    ("where", "parts"),
    [({}, (333, 10_000)), ({}, (24_499,)), (CALIFORNIA, (1, 8_167, 8_166, 8_165))],
    ids=["shipping taxed", "all but a cent", "shipping free of tax"],
)
def test_reversed_in_parts_and_in_full_it_is_exactly_what_was_collected(
    app: Flask, client: Browser, stripe: StripeDouble, where: dict[str, str], parts: tuple[int, ...]
) -> None:
    order = sold(client, **where)
    sweep()
    for part in parts:
        part_back(order, part)
        sweep()
        assert_tax_books_agree(stripe)
    cancel(order)
    sweep()
    sale = stripe.sale(order.number)
    assert sale is not None
    assert (sale.tax_left, len(sale.reversals)) == (0, len(parts) + 1)
    assert sum(part.reversed_amount for part in sale.calculation.parts) == 24_500 + 895
    assert alarms() == []
    assert_tax_books_agree(stripe)
    assert_books_balance(app)


@pytest.mark.fault("B16")
def test_without_tax_on_shipping_a_part_of_the_price_takes_its_whole_tax_along(
    app: Flask, client: Browser, stripe: StripeDouble
) -> None:
    order = sold(client, **CALIFORNIA)
    sweep()
    part_back(order, 12_250)
    sweep()
    assert again(order).refunded_tax_minor * 2 in (order.tax_minor, order.tax_minor + 1)
    assert_tax_books_agree(stripe)


def test_a_refund_waits_until_its_sale_is_recorded(app: Flask, client: Browser, stripe: StripeDouble) -> None:
    stripe.always("create_tax_transaction", refuse(503))
    order = sold(client)
    sweep()
    cancel(order)
    sweep()
    assert stripe.count("create_tax_reversal") == 0
    assert [row.state for row in tax_rows()] == [OutboxState.UNKNOWN, OutboxState.PENDING]
    stripe.behave()
    until_done()
    assert_tax_books_agree(stripe)
    assert_books_balance(app)


# Lost answers, crashes, refusals -------------------------------------------------------------------------------------

LOST = [lose_answer("reset"), lose_answer("cut"), fail_after_work(500, {"error": {}})]


@pytest.mark.fault("B14")
@pytest.mark.parametrize("operation", ["create_tax_transaction", "create_tax_reversal"])
@pytest.mark.parametrize("trouble", LOST, ids=["reset", "cut", "500"])
def test_an_answer_lost_after_the_work_makes_no_second_entry(
    app: Flask, client: Browser, stripe: StripeDouble, operation: str, trouble: object
) -> None:
    stripe.plan(operation, trouble)  # type: ignore[arg-type]
    order = sold(client)
    sweep()
    cancel(order)
    until_done()
    keys = {call.headers["idempotency-key"] for call in stripe.of(operation)}
    assert (stripe.count(operation), len(keys)) == (2, 1)
    assert len(stripe.sales) == 1
    assert alarms() == []
    assert_tax_books_agree(stripe)
    assert_books_balance(app)


def test_control_another_key_for_the_second_try_is_seen(
    app: Flask, client: Browser, stripe: StripeDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest, tries = StripeTax.record, iter("abcdef")

    def careless(self: StripeTax, sale: TaxedSale, key: str) -> RecordedSale:
        return honest(self, sale, key + next(tries))

    monkeypatch.setattr(StripeTax, "record", careless)
    stripe.plan("create_tax_transaction", lose_answer())
    sold(client)
    until_done()
    assert alarms() == [AlarmKind.TAX_NOT_RECORDED]


@pytest.mark.fault("B14")
def test_killed_between_the_call_and_the_note_it_asks_again_with_the_same_key(
    app: Flask, client: Browser, stripe: StripeDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def gone(row: OutboxRow, *_rest: object) -> None:
        if row.kind == tax_books.RECORD:
            raise Killed
        honest(row, *_rest)  # type: ignore[arg-type]

    order, honest = sold(client), outbox._settle
    with monkeypatch.context() as crash:
        crash.setattr(outbox, "_settle", gone)
        with pytest.raises(Killed):
            sweep()
    assert len(stripe.sales) == 1
    assert [row.state for row in tax_rows()] == [OutboxState.RUNNING]
    until_done()
    [first, second] = stripe.of("create_tax_transaction")
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"] == f"tax:{order.number}"
    assert first.body == second.body
    assert_tax_books_agree(stripe)
    assert_books_balance(app)


def test_after_its_keys_are_forgotten_the_reference_still_keeps_stripe_from_a_second_entry(
    app: Flask, client: Browser, stripe: StripeDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe, "_asked_before", lambda _call: None)  # as after a day or more
    stripe.plan("create_tax_transaction", lose_answer())
    sold(client)
    until_done()
    assert len(stripe.sales) == 1
    assert alarms() == [AlarmKind.TAX_NOT_RECORDED], "a person compares the books"


def test_what_stripe_refuses_is_told_again_once_the_cause_is_mended(
    app: Flask, client: Browser, stripe: StripeDouble
) -> None:
    stripe.always("create_tax_transaction", refuse(400, INACTIVE))
    order = sold(client)
    sweep()
    cancel(order)
    sweep()
    assert [row.state for row in tax_rows()] == [OutboxState.REFUSED] * 2
    assert alarms() == [AlarmKind.TAX_NOT_RECORDED]
    stripe.behave()
    with unit_of_work():
        tax_books.tell_again(db.session.get_one(Order, order.id), at=clock.now())
    until_done()
    assert_tax_books_agree(stripe)


def test_a_calculation_that_has_expired_is_a_case_for_the_desk(
    app: Flask, client: Browser, stripe: StripeDouble
) -> None:
    sold(client)
    stripe.expire_calculations()
    sweep()
    assert stripe.sales == {}
    assert alarms() == [AlarmKind.TAX_NOT_RECORDED]
