"""A reported problem: who answers by when, and where the money goes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.disputes import answering, deciding, opening, photos, showing, waiting
from marketplace.disputes.deciding import Ruling
from marketplace.disputes.models import Dispute
from marketplace.disputes.opening import Report
from marketplace.disputes.states import DisputeState, Kind, Remedy, Side, Wish
from marketplace.orders.states import OrderState
from marketplace.people.models import Role
from marketplace.programme import versions
from marketplace.shipping import parcels, tracking
from marketplace.shipping.carrier import TrackingReport
from marketplace.shipping.models import TrackingStatus
from tests.accounts import an_account
from tests.programme import world
from tests.programme.rows import Behaviour, Row, Scene

PAGE = "/help/problem"


def opened() -> Dispute:
    """A case about a piece that was delivered."""
    order = world.delivered()
    with unit_of_work():
        return opening.open_dispute(order, Report(Kind.CONDITION, Wish.RETURN), by=order.buyer, at=clock.now())


def act(dispute: Dispute, verb: Callable[..., Any], *args: Any, **more: Any) -> Dispute:
    with unit_of_work():
        verb(dispute, *args, at=clock.now(), **more)
    db.session.expire_all()
    return dispute


def in_review() -> Dispute:
    dispute = opened()
    return act(dispute, answering.contest, words="", by=dispute.order.seller)


def decided(remedy: Remedy) -> Dispute:
    ruling = Ruling(remedy, "As the photos show.", "as_described")
    return act(in_review(), deciding.decide, ruling, by=an_account(roles=[Role.AGENT]))


def on_its_way_back() -> Dispute:
    dispute = decided(Remedy.REFUND_WITH_RETURN)
    world.pass_time(minutes=1)
    return dispute


def business_days_later(start: datetime, days: int) -> datetime:
    return versions.current().calendar.end_of_business_day_after(start, days)


def waits(days: int, make: Callable[[], Dispute], state: DisputeState) -> Behaviour:
    """The case that ``make`` leads to waits for so many business days."""

    def waiting_so_long(scene: Scene) -> None:
        dispute = make()
        assert dispute.state is state
        assert dispute.due_at == business_days_later(clock.now(), days)

    return waiting_so_long


def offered() -> Dispute:
    dispute = opened()
    part = dispute.order.price.share(1_000)
    return act(dispute, answering.offer, part, words="", by=dispute.order.seller)


def returned() -> Dispute:
    dispute = on_its_way_back()
    parcel = parcels.return_parcel_of(dispute.order_id)
    assert parcel is not None
    with unit_of_work():
        tracking.record_reports(parcel, [TrackingReport(TrackingStatus.DELIVERED, clock.now())], at=clock.now())
    db.session.expire_all()
    return dispute


def two_decide(scene: Scene) -> None:
    assert decided(Remedy.REFUND_WITHOUT_RETURN).state is DisputeState.AWAITING_APPROVAL


def appeals_end(days: int) -> Behaviour:
    def end(scene: Scene) -> None:
        assert decided(Remedy.DISMISS).appeal_until == clock.now() + timedelta(days=days)

    return end


def refund_waits_for_the_scan(scene: Scene) -> None:
    assert decided(Remedy.REFUND_WITH_RETURN).order.state is OrderState.DISPUTED


def may_rest(days: int) -> Behaviour:
    def rests(scene: Scene) -> None:
        until = business_days_later(clock.now(), days)
        act(opened(), waiting.pause, until=until, reason="Holidays", by=an_account(roles=[Role.AGENT]))

    return rests


def cites(key: str, words: str) -> Behaviour:
    """A decision that rests on the first rule cites it in these words."""

    def cited(scene: Scene) -> None:
        ruling = Ruling(Remedy.DISMISS, "As the photos show.", key)
        decision = act(in_review(), deciding.decide, ruling, by=an_account(roles=[Role.AGENT])).decision
        assert decision is not None
        clause = showing.clause_of(decision)
        assert words in (clause.label, clause.text)

    return cited


def second_photo_is_refused(scene: Scene) -> None:
    dispute = opened()
    order = dispute.order
    with unit_of_work():
        photos.keep(order, world.a_photo(1), side=Side.BUYER, part="", by=order.buyer, at=clock.now(), dispute=dispute)
    assert photos.room_left(order, Side.BUYER) == 0


ROWS = [
    Row(
        "disputes.answer_business_days",
        5,
        waits(5, opened, DisputeState.AWAITING_SELLER),
        page=PAGE,
        says="The seller has 5 business days to agree",
    ),
    Row(
        "disputes.offer_business_days",
        6,
        waits(6, offered, DisputeState.AWAITING_BUYER),
        page=PAGE,
        says="An offer waits 6 business days",
    ),
    Row(
        "disputes.review_business_days",
        4,
        waits(4, in_review, DisputeState.IN_REVIEW),
        page=PAGE,
        says="We decide within 4 business days",
    ),
    Row(
        "disputes.approval_business_days",
        2,
        waits(2, lambda: decided(Remedy.REFUND_WITHOUT_RETURN), DisputeState.AWAITING_APPROVAL),
        untold="how staff divide their work; the date itself stands on the case",
        given={"disputes.approval_above_minor": 1},
    ),
    Row("disputes.approval_above_minor", 1, two_decide, untold="a limit of staff's, which nobody should aim below"),
    Row("disputes.appeal_days", 9, appeals_end(9), page=PAGE, says="within 9 days of the decision"),
    Row(
        "disputes.refund_leaves",
        "return_scan",
        refund_waits_for_the_scan,
        page=PAGE,
        says="Your refund leaves when the carrier first scans the parcel.",
    ),
    Row(
        "disputes.return_business_days",
        7,
        waits(7, on_its_way_back, DisputeState.RETURN_LABEL),
        page=PAGE,
        says="hand the piece over within 7 business days",
    ),
    Row(
        "disputes.receipt_business_days",
        8,
        waits(8, returned, DisputeState.RETURNED),
        page=PAGE,
        says="The seller then has 8 business days",
    ),
    Row(
        "disputes.max_pause_business_days",
        20,
        may_rest(20),
        page=PAGE,
        says="rest for up to 20 business days",
    ),
    Row(
        "disputes.clauses[0].key",
        "as-shown",
        cites("as-shown", "As described"),
        untold="a key is the shop's own, and nobody's to read",
    ),
    Row(
        "disputes.clauses[0].label",
        "As it was shown",
        cites("as_described", "As it was shown"),
        page=PAGE,
        says="As it was shown",
    ),
    Row(
        "disputes.clauses[0].text",
        "It has to be so.",
        cites("as_described", "It has to be so."),
        page=PAGE,
        says="It has to be so.",
    ),
    Row("disputes.max_photos", 1, second_photo_is_refused, page=PAGE, says="Each side may show 1 photo."),
]
