"""What the people at the desk may do alone, and for how long."""

from __future__ import annotations

from datetime import timedelta

from marketplace import clock
from marketplace.database import unit_of_work
from marketplace.disputes import caseload
from marketplace.money import Money
from marketplace.orders import extending, held_payouts
from marketplace.orders.models import Order
from marketplace.payouts import goodwill
from marketplace.payouts.models import PayoutHold
from marketplace.people.models import Role
from tests.accounts import an_account
from tests.programme import world
from tests.programme.rows import Behaviour, Row, Scene
from tests.programme.table.disputes import opened

LIMIT = "a limit of staff's, which nobody should count on"
ON_THE_SALE = "the seller of a held payout reads it on the page of the sale, and nobody else does"


def held(reason: str = "same-card") -> PayoutHold:
    order = world.paid()
    with unit_of_work():
        return held_payouts.hold_payout(order, reason=reason, by=an_account(roles=[Role.AGENT]), at=clock.now())


def may_give(role: Role, minor: int) -> Behaviour:
    def gives(scene: Scene) -> None:
        order: Order = world.paid()
        with unit_of_work():
            goodwill.give(order.id, order.buyer, Money(minor, "USD"), by=an_account(roles=[role]), at=clock.now())

    return gives


def snoozes(days: int) -> Behaviour:
    def aside(scene: Scene) -> None:
        case, until = opened(), clock.now() + timedelta(days=days)
        with unit_of_work():
            caseload.snooze(case, until=until, reason="Holidays", by=an_account(roles=[Role.AGENT]), at=clock.now())

    return aside


def puts_off(days: int) -> Behaviour:
    def later(scene: Scene) -> None:
        order = world.paid()
        with unit_of_work():
            extending.extend(order, days=days, by=an_account(roles=[Role.AGENT]), at=clock.now())

    return later


def ends_after(days: int) -> Behaviour:
    def ends(scene: Scene) -> None:
        assert held().until == clock.now() + timedelta(days=days)

    return ends


def known_as(key: str) -> Behaviour:
    def known(scene: Scene) -> None:
        assert held(key).reason == key

    return known


def says(column: str, words: str) -> Behaviour:
    def said(scene: Scene) -> None:
        assert getattr(held(), column) == words

    return said


ROWS = [
    Row("desk.goodwill_agent_minor", 9_000, may_give(Role.AGENT, 9_000), untold=LIMIT),
    Row("desk.goodwill_manager_minor", 30_000, may_give(Role.MANAGER, 30_000), untold=LIMIT),
    Row(
        "desk.hold_reasons[0].key",
        "card-used",
        known_as("card-used"),
        untold="a key is the shop's own, and nobody's to read",
    ),
    Row("desk.hold_reasons[0].label", "We look again", says("label", "We look again"), untold=ON_THE_SALE),
    Row("desk.hold_reasons[0].clears", "The bank answers.", says("clears", "The bank answers."), untold=ON_THE_SALE),
    Row("desk.max_hold_days", 30, ends_after(30), untold="the day itself stands on the page of the sale"),
    Row("desk.max_snooze_days", 20, snoozes(20), untold="how staff divide their work; the case's own date stays"),
    Row("desk.max_extension_business_days", 9, puts_off(9), untold=LIMIT),
]
