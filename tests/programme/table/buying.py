"""Buying pieces: which, at what price, how it is paid, how long each may take."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from marketplace import clock
from marketplace.buybacks import inspecting, pricing, quoting, requesting, switching, terms
from marketplace.buybacks.models import Buyback
from marketplace.buybacks.pricing import Estimate
from marketplace.buybacks.quoting import NoMoreWishes
from marketplace.buybacks.requesting import BuyingIsOff, PrivatePeopleOnly
from marketplace.buybacks.states import WayBack
from marketplace.custody.arranging import Arrangement
from marketplace.custody.examining import SamePerson
from marketplace.custody.taking import PieceNotTaken
from marketplace.database import db, unit_of_work
from marketplace.jobs import deadlines
from marketplace.jobs.alarms import Alarm, AlarmKind
from marketplace.listings import likeness
from marketplace.listings.likeness import Likeness
from marketplace.money import Money
from marketplace.orders.states import OrderState
from marketplace.payouts import forms
from marketplace.payouts.models import PayoutForm, PayoutReason
from tests.buybacks import steps
from tests.consignments import steps as consigned
from tests.programme import world
from tests.programme.rows import Behaviour, Row, Scene, refusing

PAGE = "/help/buyback"
MODE = "modes.buyback"
BOTH = {**consigned.RULES, **steps.RULES}


def ask(**said: Any) -> None:
    piece = steps.a_wish(**said)
    requesting.check_piece(world.policy(), house=piece.house, category=piece.category, grade=piece.grade)


def nothing_is_bought(scene: Scene) -> None:
    with refusing(BuyingIsOff):
        ask()
    assert scene.client.get(PAGE).status_code == 404


def refuses(**said: Any) -> Behaviour:
    def refused(scene: Scene) -> None:
        ask()
        with refusing(PieceNotTaken):
            ask(**said)

    return refused


def a_dealer_is_refused(scene: Scene) -> None:
    with refusing(PrivatePeopleOnly):
        steps.asked()
    assert steps.asked(is_private=True).is_over is False


def waits(state: Callable[[], Buyback], days: int) -> Behaviour:
    """A buyback in this state is waited for so many days."""

    def due(scene: Scene) -> None:
        assert state().due_at == clock.now() + timedelta(days=days)

    return due


def waits_business_days(state: Callable[[], Buyback], days: int) -> Behaviour:
    def due(scene: Scene) -> None:
        assert state().due_at == terms.calendar().end_of_business_day_after(clock.now(), days)

    return due


def says_nothing_more(scene: Scene) -> None:
    buyback = steps.quoted()
    with refusing(NoMoreWishes), unit_of_work():
        quoting.hope(buyback, Money(90_000, "USD"), by=buyback.owner, at=clock.now())


def late_label(scene: Scene) -> None:
    """Nobody has made the label: after so many hours the desk is alarmed."""
    buyback = steps.quoted()
    with unit_of_work():
        quoting.accept(buyback, PayoutForm.STORE_CREDIT, Arrangement(world.HOME), by=buyback.owner, at=clock.now())
        deadlines_pass = clock.advance(timedelta(hours=24, minutes=1))
    deadlines.sweep(deadlines_pass)
    assert db.session.scalars(db.select(Alarm).where(Alarm.kind == AlarmKind.LABEL_LATE)).first() is not None


def another_finds_it_genuine(scene: Scene) -> None:
    buyback, examiner = steps.received(), steps.expert()
    with refusing(SamePerson), unit_of_work():
        inspecting.examine(buyback, by=examiner, at=clock.now())
        inspecting.find_genuine(buyback, by=examiner, at=clock.now())


def going_back() -> Buyback:
    buyback = steps.failed()
    with unit_of_work():
        inspecting.fetch(buyback, WayBack.COURIER, by=buyback.owner, at=clock.now())
    return buyback


def courier_costs_nine(scene: Scene) -> None:
    assert going_back().fee_minor == 900


def may_be_offered(scene: Scene) -> None:
    person = SimpleNamespace(id=7)
    order = SimpleNamespace(buyer_id=7, item=SimpleNamespace(owner_id=7), state=OrderState.SETTLED)
    rule = world.policy().modes.buyback
    assert requesting.can_offer(order, rule, person)  # type: ignore[arg-type]


def offered_for(days: int) -> Behaviour:
    def offered(scene: Scene) -> None:
        offer = switching.offer_for(consigned.proposed().id)
        assert offer is not None and offer.due_at == clock.now() + timedelta(days=days)

    return offered


def switching_costs(minor: int) -> Behaviour:
    def costs(scene: Scene) -> None:
        offer = switching.offer_for(consigned.live().id)
        assert offer is not None and switching.fee(offer).minor == minor

    return costs


def paid_first_in(form: PayoutForm) -> Behaviour:
    def paid(scene: Scene) -> None:
        assert terms.open_forms(world.policy())[0] is form

    return paid


def brings(minor: int) -> Behaviour:
    """What $100 come to in the first form."""

    def brought(scene: Scene) -> None:
        policy = world.policy()
        assert terms.total(policy, terms.open_forms(policy)[0], Money(10_000, "USD")).minor == minor

    return brought


def promised_within(days: int) -> Behaviour:
    def promised(scene: Scene) -> None:
        policy = world.policy()
        by = forms.promised_by(policy, terms.open_forms(policy)[0], clock.now(), PayoutReason.BUYBACK)
        assert by == terms.calendar().end_of_business_day_after(clock.now(), days)

    return promised


# The price model -----------------------------------------------------------------------------------------------------


def estimate(like: Likeness, missing: int = 0) -> Estimate:
    """For $400 new in excellent condition, which brings $240, where pieces like it did so."""
    wish, policy = steps.a_wish(), world.policy()
    there = [one.key for one in policy.condition.comes_with][missing:]
    said = {"house": wish.house, "category": wish.category, "grade": wish.grade, "retail": wish.retail}
    with patch.object(likeness, "of", return_value=like):
        return pricing.estimate(policy, includes=there, at=clock.now(), **said)  # type: ignore[arg-type]


def prices(dollars: int, offered: int = 9, sold: int = 4, saves: int = 0, missing: int = 0) -> Behaviour:
    """The model's price under these circumstances; as they stand here, nothing but our share counts."""

    def priced(scene: Scene) -> None:
        assert estimate(Likeness(offered, sold, saves), missing).price.minor == dollars * 100

    return priced


def forgets_after_ninety_days(scene: Scene) -> None:
    listing = world.a_live_listing()
    with unit_of_work():
        clock.advance(timedelta(days=100))
    wish = steps.a_wish()
    said = {"house": listing.house, "category": listing.category, "grade": wish.grade, "retail": wish.retail}
    found = pricing.estimate(world.policy(), includes=[], at=clock.now(), **said)  # type: ignore[arg-type]
    assert {one.key: one.facts for one in found.factors}["rarity"]["offered"] == 0


def row(key: str, to: Any, behaviour: Behaviour, says: str = "", **more: Any) -> Row:
    """A key of buying, where it is on."""
    given = {**steps.RULES, **more.pop("given", {})}
    return Row(f"{MODE}.{key}", to, behaviour, page=PAGE if says else None, says=says, given=given, **more)


ROWS = [
    Row(
        f"{MODE}.is_on",
        False,
        nothing_is_bought,
        page="/help",
        says="Members cannot sell here at the moment.",
        given={**steps.RULES, "modes.peer_to_peer": False},
    ),
    row("houses", ["Velorne"], refuses(house="Somebody"), "We buy pieces of these houses only: Velorne."),
    row("groups", ["handbags"], refuses(category="card-case"), "We buy these only: Handbags."),
    row("grades", ["excellent"], refuses(grade="good"), "We buy pieces in these grades only: Excellent."),
    row("private_only", True, a_dealer_is_refused, "We buy from private people only."),
    row("quote_business_days", 5, waits_business_days(steps.asked, 5), "you have our quote within 5 business days"),
    row("valid_days", 6, waits(steps.quoted, 6), "It holds for 6 days"),
    row("wishes", False, says_nothing_more, "Our quote is not negotiable."),
    row("label_hours", 24, late_label, "the prepaid label is e-mailed within 1 day."),
    row("send_days", 6, waits(steps.accepted, 6), "Send it within 6 days"),
    row("examine_business_days", 9, waits_business_days(steps.received, 9), "inspect it within 9 business days"),
    row("needs_two_people", True, another_finds_it_genuine, "Two people find a piece genuine"),
    row("answer_days", 3, waits(steps.revised, 3), "answer within 3 days"),
    row("fetch_days", 4, waits(steps.failed, 4), "choose within 4 days"),
    row("courier_fee_minor", 900, courier_costs_nine, "a courier brings it to you for $9"),
    row("back_days", 9, waits(going_back, 9), "What goes back leaves us within 9 days"),
    row(
        "takes_bought_here",
        True,
        may_be_offered,
        "What you bought here you may offer from its order",
        given={f"{MODE}.takes_bought_here": False},
    ),
    row("switch_days", 30, offered_for(30), "You may take it for 30 days", given=BOTH),
    row(
        "switch_fee_minor",
        4_000,
        switching_costs(4_000),
        "that costs $40, taken from what we pay",
        given={**BOTH, f"{MODE}.switch_days": 60},
    ),
    row("forms[0].form", "gift_card", paid_first_in(PayoutForm.GIFT_CARD), "Gift card with 10% on top"),
    row("forms[0].bonus_basis_points", 2_000, brings(12_000), "Store credit with 20% on top"),
    row("forms[0].promised_business_days", 4, promised_within(4), "on top within 4 business days"),
    row("model.share_basis_points", 7_000, prices(165), "Of that we pay 70%"),
    row("model.lookback_days", 90, forgets_after_ninety_days, "in the last 90 days"),
    row("model.min_count", 10, prices(140, sold=9), "of fewer than 10 such pieces we conclude nothing"),
    row("model.fast_basis_points", 4_000, prices(165), "Where 40% or more"),
    row("model.fast_up_basis_points", 2_000, prices(190, sold=8), "we add 20%;"),
    row("model.slow_basis_points", 4_500, prices(105), "where 45% or less were"),
    row("model.slow_down_basis_points", 500, prices(130, sold=0), "we take 5% off; of fewer"),
    row("model.wanted_saves", 3, prices(155, saves=3), "Where 3 people or more"),
    row("model.wanted_up_basis_points", 1_700, prices(180, saves=10), "keep such pieces in mind, we add 17%."),
    row("model.missing_down_basis_points", 700, prices(110, missing=2), "we take 7% off."),
    row("model.rare_count", 9, prices(155), "Where no more than 9 such pieces were offered"),
    row("model.rare_up_basis_points", 1_700, prices(180, offered=1, sold=0), "piece was offered, we add 17%."),
    row("model.round_minor", 1_000, prices(160, sold=9), "whole steps of $10"),
]
