"""Opening a case: within the window, once, the payout stopped; and taking it back."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm.attributes import set_committed_value

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.disputes import opening, showing
from marketplace.disputes.models import Dispute, DisputePhoto
from marketplace.disputes.opening import NotThatWish, Report
from marketplace.disputes.states import CannotWithdraw, DisputeState, Kind, Remedy, Side, Wish
from marketplace.errors import LostRace, Refusal
from marketplace.jobs import deadlines
from marketplace.orders import settling
from marketplace.orders.models import Order
from marketplace.orders.refunding import MoreThanLeft
from marketplace.orders.states import CannotContest, OrderState
from marketplace.payouts.models import Payout
from tests.books import assert_books_balance
from tests.disputes.cases import act, decided, delivered, opened, pass_time, until, usd
from tests.fresh import FreshDatabase
from tests.orders.stories import again as order_again
from tests.orders.stories import confirm, held
from tests.shipping.sales import labelled_order, sold_order, travel

VIEWS = ("front", "inside", "base", "flaw-1")


def _shown(part: str) -> DisputePhoto:
    return DisputePhoto(side=Side.BUYER, part=part, key="photos/00/shown", width=900, height=1200, widths=[640])


def open_case(order: Order, kind: Kind = Kind.CONDITION, wish: Wish = Wish.RETURN, asked: int | None = None) -> None:
    with unit_of_work():
        order = db.session.get_one(Order, order.id)
        report = Report(kind, wish, asked=None if asked is None else usd(asked))
        opening.open_dispute(order, report, by=order.buyer, at=clock.now())


@pytest.mark.rule("MK-59")
def test_opening_stops_the_payout_and_gives_the_seller_three_business_days(app: Flask) -> None:
    dispute = opened()
    assert dispute.state is DisputeState.AWAITING_SELLER
    assert dispute.order.state is OrderState.DISPUTED
    pass_time(days=2)
    assert db.session.scalars(sa.select(Payout)).all() == []
    assert held(dispute.order) == dispute.order.total.minor
    assert [message.words for message in dispute.messages] == ["The corners are worn."]
    assert_books_balance(app)


@pytest.mark.rule("GAP-03")
def test_a_claim_about_the_piece_waits_for_its_delivery_and_non_arrival_does_not(app: Flask) -> None:
    order = sold_order()
    for kind in set(Kind) - {Kind.NEVER_ARRIVED}:
        with pytest.raises(CannotContest):
            open_case(order, kind)
    assert order_again(order).state is OrderState.PAID
    open_case(order, Kind.NEVER_ARRIVED, Wish.REFUND)
    assert order_again(order).state is OrderState.DISPUTED


@pytest.mark.fault("P11")
def test_non_arrival_may_be_claimed_against_a_delivery_scan_and_the_money_is_held(app: Flask) -> None:
    dispute = opened(kind=Kind.NEVER_ARRIVED, wish=Wish.REFUND)
    assert dispute.order.delivered_at is not None
    pass_time(days=10)
    assert order_again(dispute.order).state is OrderState.DISPUTED
    assert held(dispute.order) == dispute.order.total.minor


@pytest.mark.rule("MK-59", "GAP-03")
def test_nothing_is_opened_once_the_window_has_closed(app: Flask) -> None:
    order = delivered()
    with unit_of_work():
        clock.advance(timedelta(hours=72))
    for kind, wish in ((Kind.CONDITION, Wish.RETURN), (Kind.NEVER_ARRIVED, Wish.REFUND)):
        with pytest.raises(CannotContest):
            open_case(order, kind, wish)
    assert db.session.scalars(sa.select(Dispute)).all() == []
    assert order_again(order).state is OrderState.DELIVERED


def test_what_cannot_be_asked_for_is_refused_and_nothing_is_contested(app: Flask) -> None:
    order = delivered()
    with pytest.raises(NotThatWish):
        open_case(order, Kind.NEVER_ARRIVED, Wish.RETURN)
    for asked in (None, 0, order.price_minor):
        with pytest.raises(MoreThanLeft):
            open_case(order, Kind.CONDITION, Wish.KEEP, asked)
    assert order_again(order).state is OrderState.DELIVERED


def test_each_part_stands_beside_the_listings_own_photo_of_it(app: Flask) -> None:
    """The flaw's close-up, else the view it is looked at in, else the whole piece, which then is what it says."""
    order = delivered()
    views = [{"key": f"photos/00/{view}", "width": 900, "height": 1200, "widths": [640]} for view in VIEWS]
    flaw = {"part": "corners", "kind": "scuff", "severity": "light", "note": "", "photo": "photos/00/flaw-1"}
    photos = [{**view, "slot": slot} for view, slot in zip(views, VIEWS, strict=True)]
    order.as_sold = {**order.as_sold, "photos": photos, "flaws": [flaw]}
    for part, slot, words in (
        ("corners", "flaw-1", "Corners and edges as listed"),
        ("interior", "inside", "Interior as listed"),
        ("hardware", "front", "The whole piece as listed"),
    ):
        photo = showing.as_listed(order, part)
        assert photo is not None
        assert (photo["caption"], photo["src"], photo["alt"]) == (words, f"/photos/00/{slot}/640.webp", words)
    case = Dispute(order=order, parts=["hardware", "interior"], photos=[])
    case.photos += [_shown(part) for part in ("interior", "", "corners")]
    beside = [
        (listed and listed["caption"], [photo["caption"] for photo in shown]) for listed, shown in showing.beside(case)
    ]
    assert beside == [
        ("The whole piece as listed", []),
        ("Interior as listed", ["The buyer: Interior"]),
        (None, ["The buyer: The whole piece", "The buyer: Corners and edges"]),
    ]
    db.session.rollback()


def test_a_second_case_beside_an_open_one_is_refused(app: Flask) -> None:
    dispute = opened()
    with pytest.raises(CannotContest):
        open_case(dispute.order)
    assert len(db.session.scalars(sa.select(Dispute)).all()) == 1


@pytest.mark.rule("MK-17")
def test_the_houses_own_piece_starts_at_the_desk(app: Flask) -> None:
    dispute = opened(delivered(supply=True))
    assert dispute.state is DisputeState.IN_REVIEW


# Taking it back ------------------------------------------------------------------------------------------------------


def test_withdrawn_within_the_window_the_window_goes_on_and_closes_at_its_own_moment(app: Flask) -> None:
    dispute = opened()
    closes_at = dispute.order.window_closes_at
    dispute = act(dispute, opening.withdraw, by=dispute.order.buyer)
    assert (dispute.state, dispute.order.state) == (DisputeState.WITHDRAWN, OrderState.DELIVERED)
    assert (dispute.order.window_closes_at, dispute.due_at) == (closes_at, None)
    opened(dispute.order)  # a second report within the window is a case of its own
    assert len(db.session.scalars(sa.select(Dispute)).all()) == 2


def test_withdrawn_after_the_window_the_sale_stands(app: Flask) -> None:
    dispute = opened()
    until(dispute.order.window_closes_at)
    dispute = act(dispute, opening.withdraw, by=dispute.order.buyer)
    assert dispute.order.state is OrderState.SETTLED
    assert_books_balance(app)


def test_withdrawn_on_its_way_the_order_goes_on_and_ends_as_any_other(app: Flask) -> None:
    order = labelled_order()
    travel(order, "scan")
    dispute = opened(order, kind=Kind.NEVER_ARRIVED, wish=Wish.REFUND)
    dispute = act(dispute, opening.withdraw, by=dispute.order.buyer)
    assert dispute.order.state is OrderState.IN_TRANSIT
    travel(order, "deliver")
    confirm(order)
    assert order_again(order).state is OrderState.SETTLED
    assert_books_balance(app)


def test_withdrawn_after_it_arrived_meanwhile_the_window_opens_then(app: Flask) -> None:
    order = labelled_order()
    dispute = opened(order, kind=Kind.NEVER_ARRIVED, wish=Wish.REFUND)
    travel(order, "scan")
    travel(order, "deliver")
    assert order_again(order).state is OrderState.DISPUTED
    dispute = act(dispute, opening.withdraw, by=dispute.order.buyer)
    assert dispute.order.state is OrderState.DELIVERED
    assert dispute.order.window_closes_at == clock.now() + timedelta(hours=72)


@pytest.mark.parametrize("make", [sold_order, labelled_order])
def test_withdrawn_before_it_was_sent_the_seller_still_has_to_send_it(app: Flask, make: Any) -> None:
    dispute = opened(make(), kind=Kind.NEVER_ARRIVED, wish=Wish.REFUND)
    dispute = act(dispute, opening.withdraw, by=dispute.order.buyer)
    assert dispute.order.state is OrderState.LABEL_ISSUED
    pass_time(days=30)  # never sent: it ends by itself
    assert order_again(dispute.order).state is OrderState.REFUNDED
    assert_books_balance(app)


def test_a_decided_case_cannot_be_withdrawn(app: Flask) -> None:
    dispute = decided(Remedy.DISMISS)
    with pytest.raises(CannotWithdraw):
        act(dispute, opening.withdraw, by=dispute.order.buyer)


# The very second -----------------------------------------------------------------------------------------------------


def _race(fresh: FreshDatabase, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any]:
    """The report, read before the window closed and made as the sweep fires; returns what became of both."""
    order = fresh.run(delivered)
    has_read, is_swept = threading.Event(), threading.Event()
    is_sqlite = fresh.url.startswith("sqlite")
    contest = settling.contest

    def late_contest(mine: Order, **more: Any) -> None:
        has_read.set()
        assert is_sqlite or is_swept.wait(20)
        contest(mine, **more)

    def report() -> None:
        if is_sqlite:
            assert is_swept.wait(20)  # SQLite lets one writer in at a time: the reading comes after
        with unit_of_work():
            mine = db.session.get_one(Order, order.id)
            at = mine.window_closes_at - timedelta(microseconds=1)  # type: ignore[operator]
            set_committed_value(mine, "state", OrderState.DELIVERED)  # as the page saw it a moment ago
            opening.open_dispute(mine, Report(Kind.CONDITION, Wish.RETURN), by=mine.buyer, at=at)

    def sweep() -> int:
        assert is_sqlite or has_read.wait(20)
        try:
            return deadlines.sweep(order.window_closes_at)
        finally:
            is_swept.set()

    monkeypatch.setattr(settling, "contest", late_contest)
    reported, swept = fresh.in_parallel([report, sweep])
    assert swept >= 1
    return order, reported


@pytest.mark.fault("W01")
@pytest.mark.rule("GAP-03")
def test_a_report_at_the_very_second_the_window_closes_has_one_winner(
    fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, reported = _race(fresh_database, monkeypatch)
    assert isinstance(reported, CannotContest)

    def judge() -> None:
        assert db.session.get_one(Order, order.id).state is OrderState.SETTLED
        assert db.session.scalars(sa.select(Dispute)).all() == []
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Payout)) == 1

    fresh_database.run(judge)
    assert_books_balance(fresh_database.app)


@pytest.mark.fault("W01")
def test_the_control_without_the_conditional_update_the_report_wins_over_a_paid_seller(
    fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unconditional(mine: Order, *, at: Any, **_more: Any) -> None:
        db.session.execute(sa.update(Order).where(Order.id == mine.id).values(state=OrderState.DISPUTED))

    monkeypatch.setattr(settling, "contest", unconditional)
    order, reported = _race(fresh_database, monkeypatch)
    assert not isinstance(reported, (Refusal, LostRace))

    def judge() -> None:
        assert db.session.get_one(Order, order.id).state is OrderState.DISPUTED
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Payout)) == 1, "paid, and in dispute"

    fresh_database.run(judge)
