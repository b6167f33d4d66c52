"""From the request for a quote to the money, or the way back: each fork, each silence, each cent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from marketplace import clock
from marketplace.buybacks import buying, finding, inspecting, pricing, quoting, requesting, terms
from marketplace.buybacks.models import Buyback
from marketplace.buybacks.quoting import NeedsReason, NoMoreWishes, PriceNotPossible
from marketplace.buybacks.requesting import AskedAlready, BuyingIsOff, NotBoughtHere
from marketplace.buybacks.states import CannotAnswerQuote, CannotCallOff, CannotConclude, WayBack
from marketplace.custody import log
from marketplace.custody.examining import OwnPiece, SamePerson
from marketplace.custody.fees import FeeIsOpen
from marketplace.custody.taking import PieceNotTaken, Wish
from marketplace.database import db, unit_of_work
from marketplace.jobs.alarms import Alarm, AlarmKind
from marketplace.ledger import Account, balance
from marketplace.listings import drafting, photos, supply
from marketplace.listings.completeness import Incomplete
from marketplace.listings.states import ListingState
from marketplace.money import Money
from marketplace.payouts import debts
from marketplace.payouts.models import FormNotOpen, Payout, PayoutForm, PayoutReason, PayoutState
from marketplace.people.models import Role
from marketplace.shipping import parcels
from marketplace.shipping.models import ParcelState, TrackingStatus
from tests.accounts import an_account, mail_to
from tests.books import assert_ledger_is_sound
from tests.buybacks import steps
from tests.buybacks.steps import BuybackState as S
from tests.programme import world
from tests.web import Browser, page


def dollars(amount: int) -> Money:
    return Money(amount * 100, "USD")


def letters(buyback: Buyback) -> list[str]:
    return [letter.message for letter in mail_to(buyback.owner.email)]


# Asking --------------------------------------------------------------------------------------------------------------


@pytest.mark.rule("NAP-10", "NAP-06", "NAP-24")
def test_what_is_not_bought_is_refused_with_the_reason_and_one_piece_is_enough(app: Flask) -> None:
    def refused(kind: type[Exception], wish: Wish) -> str:
        with pytest.raises(kind) as caught, unit_of_work():
            requesting.request(wish, by=an_account(), at=clock.now())
        return str(caught.value.message)  # type: ignore[attr-defined]

    refused(BuyingIsOff, steps.a_wish())
    steps.open_for_buying(houses=["Velorne", "Oriel Sands"], groups=["handbags"], grades=["excellent"])
    assert refused(PieceNotTaken, steps.a_wish(house="Other")) == (
        "We buy pieces of these houses only: Velorne, Oriel Sands."
    )
    assert refused(PieceNotTaken, steps.a_wish(grade="good")) == "We buy pieces in these grades only: Excellent."
    assert refused(PieceNotTaken, steps.a_wish(category="card-case")) == "We buy these only: Handbags."
    assert refused(PieceNotTaken, steps.a_wish(category="watch")).startswith("Watches cannot be sold here")
    assert db.session.query(Buyback).count() == 0
    assert steps.asked(wish=steps.a_wish(house=" oriel sands ")).state is S.SUBMITTED


@pytest.mark.rule("NAP-04")
def test_what_was_bought_elsewhere_is_taken_and_the_same_piece_only_once(app: Flask) -> None:
    steps.open_for_buying()
    owner = an_account()
    first = steps.asked(owner)
    assert first.item is not None and first.item.purchase_id is None and first.item.owner_id == owner.id
    assert first.listing is not None and (first.listing.state, first.listing.seller_id) == (ListingState.DRAFT, None)
    for refusal, by in ((AskedAlready, owner), (NotBoughtHere, an_account())):
        with pytest.raises(refusal), unit_of_work():
            requesting.request(steps.a_wish(), item=first.item, by=by, at=clock.now())
    with pytest.raises(supply.OwnersToDecide), unit_of_work():
        supply.publish(first.listing, by=steps.clerk(), at=clock.now())


@pytest.mark.rule("NAP-31", "LUX-59")
def test_a_quote_is_promised_by_business_days_and_a_late_desk_is_alarmed(app: Flask) -> None:
    steps.open_for_buying(quote_business_days=2)
    buyback = steps.asked()
    due = terms.calendar().end_of_business_day_after(clock.now(), 2)
    assert buyback.due_at == due
    world.pass_time(days=8)
    buyback = steps.fresh(buyback)
    alarm = db.session.scalars(db.select(Alarm).where(Alarm.kind == AlarmKind.BUYBACK_OVERDUE)).one()
    assert (alarm.subject_id, buyback.state, buyback.quoted) == (buyback.id, S.SUBMITTED, None)
    assert buyback.due_at is not None and buyback.due_at > due


# The price -----------------------------------------------------------------------------------------------------------


def estimated(policy: object = None, **more: object) -> pricing.Estimate:
    wish = steps.a_wish()
    said = {"house": wish.house, "category": wish.category, "grade": wish.grade, "retail": wish.retail}
    told = {**said, "includes": [one.key for one in world.policy().condition.comes_with], **more}
    return pricing.estimate(policy or world.policy(), at=clock.now(), **told)  # type: ignore[arg-type]


@pytest.mark.rule("LUX-60", "NAP-14")
def test_each_factor_moves_the_price_and_is_told(app: Flask) -> None:
    steps.open_for_buying(model__min_count=2, model__rare_count=0, model__wanted_saves=3)
    rare = estimated()  # nothing like it was ever offered: 60% + 5% of $240
    assert (rare.resale, rare.price) == (dollars(240), dollars(155))
    assert [factor.key for factor in rare.factors] == [
        *("retail", "condition", "sell_through", "demand", "completeness", "rarity", "share")
    ]
    assert estimated(includes=[]).price < rare.price
    assert estimated(grade="good").price < rare.price
    for _number in range(3):
        world.a_live_listing()
    common = estimated()  # three offered, none sold: slow, and not rare any more
    changes = {factor.key: factor.change for factor in common.factors}
    assert (changes["sell_through"], changes["rarity"], changes["demand"]) == (-1500, 0, 0)
    assert common.price == dollars(105)  # 45% of $240 is $108, rounded down to $5
    listing = db.session.scalars(db.select(world.Listing)).first()
    with unit_of_work():
        listing.saves = 3  # type: ignore[union-attr]
    assert estimated().price == dollars(120)
    with unit_of_work():
        for listing in db.session.scalars(db.select(world.Listing).limit(2)):
            listing.state = ListingState.SOLD
    assert {factor.key: factor.change for factor in estimated().factors}["sell_through"] == 1000


@pytest.mark.rule("LUX-60")
def test_another_price_than_the_models_needs_a_reason_that_its_owner_reads(app: Flask) -> None:
    steps.open_for_buying()
    buyback = steps.asked()
    with pytest.raises(NeedsReason), unit_of_work():
        quoting.quote(buyback, dollars(120), by=steps.expert(), at=clock.now())
    with pytest.raises(PriceNotPossible), unit_of_work():
        quoting.quote(buyback, dollars(0), reason="None.", by=steps.expert(), at=clock.now())
    assert steps.fresh(buyback).state is S.SUBMITTED
    with unit_of_work():
        quoting.quote(buyback, dollars(120), reason="A worn lining.", by=steps.expert(), at=clock.now())
    steps.runner.run_until_idle()
    assert (buyback.quoted, buyback.model_price, buyback.quote_reason) == (dollars(120), dollars(155), "A worn lining.")
    assert letters(buyback) == ["quote_made"]


# The answer ----------------------------------------------------------------------------------------------------------


def test_a_quote_without_an_answer_lapses_and_the_piece_is_free(app: Flask) -> None:
    steps.open_for_buying(valid_days=6)
    buyback = steps.quoted()
    assert buyback.due_at == clock.now() + timedelta(days=6)
    world.pass_time(days=6, minutes=1)
    buyback = steps.fresh(buyback)
    assert buyback.listing is not None
    assert (buyback.state, buyback.listing.state) == (S.LAPSED, ListingState.WITHDRAWN)
    with pytest.raises(CannotAnswerQuote), unit_of_work():
        quoting.accept(buyback, PayoutForm.STORE_CREDIT, steps.TO_THE_STORE, by=buyback.owner, at=clock.now())
    assert steps.asked(buyback.owner, item=buyback.item).state is S.SUBMITTED


@pytest.mark.rule("LUX-60")
def test_what_she_hoped_for_is_said_once_and_answered_once_and_never_downwards(app: Flask) -> None:
    steps.open_for_buying()
    buyback = steps.quoted()
    owner = buyback.owner
    with pytest.raises(PriceNotPossible), unit_of_work():
        quoting.hope(buyback, dollars(155), by=owner, at=clock.now())
    with unit_of_work():
        quoting.hope(buyback, dollars(200), by=owner, at=clock.now())
    assert buyback.due_at == terms.calendar().end_of_business_day_after(clock.now(), 2)
    with pytest.raises(PriceNotPossible), unit_of_work():
        quoting.answer(buyback, dollars(150), by=steps.expert(), at=clock.now())
    with unit_of_work():
        quoting.answer(buyback, dollars(180), by=steps.expert(), at=clock.now())
    assert (buyback.state, buyback.quoted, buyback.wished) == (S.QUOTED, dollars(180), dollars(200))
    with pytest.raises(NoMoreWishes), unit_of_work():
        quoting.hope(buyback, dollars(190), by=owner, at=clock.now())
    assert steps.fresh(buyback).state is S.QUOTED


@pytest.mark.rule("NAP-21", "NAP-26", "NAP-18")
def test_an_accepted_piece_has_one_label_and_its_scan_takes_the_risk(app: Flask) -> None:
    steps.open_for_buying(send_days=5)
    buyback = steps.accepted()
    parcel = parcels.inbound_parcel(buyback.number)
    assert parcel is not None and parcel.state is ParcelState.LABEL_BOUGHT
    assert letters(buyback) == ["quote_made", "buyback_label"]
    assert buyback.due_at == clock.now() + timedelta(days=5)
    buyback = steps.carried(buyback, TrackingStatus.TRANSIT)
    assert (buyback.state, [entry.place for entry in log.entries(buyback.tag)]) == (S.INBOUND, ["carrier"])
    with pytest.raises(CannotCallOff), unit_of_work():
        requesting.withdraw(buyback, by=buyback.owner, at=clock.now())
    other = steps.accepted()
    world.pass_time(days=5, minutes=1)
    parcel = parcels.inbound_parcel(other.number)
    assert parcel is not None
    assert (steps.fresh(other).state, parcel.state) == (S.LAPSED, ParcelState.CANCELLED)


@pytest.mark.rule("NAP-18", "NAP-19", "NAP-20")
def test_a_parcel_lost_on_its_way_to_us_is_paid_as_if_bought(app: Flask) -> None:
    steps.open_for_buying()
    buyback = steps.carried(steps.accepted(), TrackingStatus.TRANSIT)
    world.pass_time(days=world.policy().limits.no_movement_days, minutes=1)
    buyback = steps.fresh(buyback)
    payout = db.session.scalars(db.select(Payout)).one()
    assert (buyback.state, buyback.owed, payout.amount) == (S.PAID, dollars(155), dollars(155))
    assert (balance(Account.LOSSES, "USD"), steps.purchases_in_ledger(), buyback.bought_at) == (dollars(155), 0, None)
    assert "consigned_lost" in letters(buyback)
    assert_ledger_is_sound()


# Inspected -----------------------------------------------------------------------------------------------------------


@pytest.mark.rule("LUX-58", "LUX-02")
def test_two_people_find_it_genuine_and_nobody_buys_before(app: Flask) -> None:
    steps.open_for_buying(needs_two_people=True)
    buyback, examiner = steps.received(), steps.expert()
    with unit_of_work():
        inspecting.examine(buyback, by=examiner, at=clock.now())
    for refusal, act in (
        (inspecting.NotFoundGenuine, lambda: inspecting.confirm(buyback, by=examiner, at=clock.now())),
        (
            inspecting.NotFoundGenuine,
            lambda: inspecting.revise(buyback, dollars(90), reason="Worn.", by=examiner, at=clock.now()),
        ),
        (SamePerson, lambda: inspecting.find_genuine(buyback, by=examiner, at=clock.now())),
    ):
        with pytest.raises(refusal), unit_of_work():
            act()
    buyback = steps.fresh(buyback)
    assert (buyback.state, buyback.found_genuine_by, steps.purchases_in_ledger()) == (S.INSPECTING, None, 0)
    assert [entry.place for entry in log.entries(buyback.tag)] == ["Velorne Old Mill", "Shelf A1", "bench"]


@pytest.mark.fault("P06")
def test_nobody_at_the_desk_quotes_or_buys_a_piece_of_their_own(app: Flask) -> None:
    steps.open_for_buying()
    owner = an_account(roles=[Role.REVIEWER])
    buyback = steps.asked(owner)
    with pytest.raises(OwnPiece), unit_of_work():
        quoting.quote(buyback, by=owner, at=clock.now())
    with pytest.raises(OwnPiece), unit_of_work():
        quoting.decline(buyback, "altered", by=owner, at=clock.now())
    buyback = steps.inspected(steps.accepted(steps.quoted(steps.fresh(buyback)), by_hand=True))
    for act in (inspecting.find_genuine, inspecting.confirm, inspecting.waive_fee):
        with pytest.raises(OwnPiece), unit_of_work():
            act(buyback, by=owner, at=clock.now())
    assert (steps.fresh(buyback).state, steps.purchases_in_ledger()) == (S.INSPECTING, 0)


@pytest.mark.rule("NAP-03", "NAP-30", "LUX-61")
def test_as_quoted_it_is_ours_at_once_and_paid_to_the_cent_before_it_sells(app: Flask) -> None:
    steps.open_for_buying()
    buyback = steps.bought()
    assert buyback.item is not None and buyback.listing is not None
    assert (buyback.state, buyback.item.owner_id, buyback.bought_at) == (S.PAID, None, clock.now())
    payout = db.session.scalars(db.select(Payout)).one()
    assert (payout.reason, payout.form, payout.state) == (
        PayoutReason.BUYBACK,
        PayoutForm.STORE_CREDIT,
        PayoutState.ISSUED,
    )
    assert (payout.amount, payout.reference) == (buyback.quoted, buyback.number)
    assert steps.purchases_in_ledger() == steps.bought_for() == 15_500
    assert balance(Account.SELLER_PAYABLE, "USD").minor == 0
    assert -balance(Account.STORE_CREDIT_LIABILITY, "USD").minor == 15_500 + 1_550  # and 10% for choosing credit
    assert letters(buyback) == ["quote_made", "bring_to_store", "buyback_arrived", "buyback_bought", "credit_ready"]
    for again in (inspecting.confirm, inspecting.take):
        with pytest.raises((CannotConclude, inspecting.Refusal)), unit_of_work():
            again(buyback, by=steps.expert(), at=clock.now())
    assert db.session.query(Payout).count() == 1
    assert_ledger_is_sound()


@pytest.mark.rule("MK-17", "NAP-16")
def test_what_we_bought_is_sold_as_our_own_with_its_custody_and_our_photos(app: Flask, client: Browser) -> None:
    steps.open_for_buying()
    asked = steps.asked()
    assert asked.listing is not None
    with unit_of_work():
        for slot in ("front", "back", "inside"):
            photos.keep(asked.listing, slot, world.a_photo(), by=asked.owner, at=clock.now())
    hers = [one.key for one in asked.listing.photos]
    buyback = steps.bought(steps.accepted(steps.quoted(asked), by_hand=True))
    listing = buyback.listing
    assert listing is not None
    with pytest.raises(Incomplete) as lacks, unit_of_work():
        drafting.save_price(listing, price=dollars(300), by=steps.clerk(), at=clock.now())
        supply.publish(listing, by=steps.clerk(), at=clock.now())
    assert lacks.value.missing and steps.fresh(buyback).listing.photos == []  # type: ignore[union-attr]
    assert [one.key for one in finding.photos_of_owner(buyback)] == hers
    with unit_of_work():
        drafting.save_price(listing, price=dollars(300), by=steps.clerk(), at=clock.now())
        for slot in ("front", "back", "inside"):
            photos.keep(listing, slot, world.a_photo(), by=steps.clerk(), at=clock.now())
        supply.publish(listing, by=steps.clerk(), at=clock.now())
    assert (listing.state, listing.is_supply) == (ListingState.LIVE, True)
    world.pass_time(minutes=1)
    order = world.confirmed(world.delivered(world.paid(world.an_order(listing))))
    assert -balance(Account.OWN_STOCK_SALES, "USD").minor == order.price_minor
    assert db.session.query(Payout).count() == 1
    for status in (TrackingStatus.TRANSIT, TrackingStatus.DELIVERED):  # said once more
        world.reported(order, status)
    places = [entry.place for entry in log.entries(buyback.tag)]
    assert places == ["Velorne Old Mill", "Shelf A1", "bench", "carrier", "buyer"]
    client.sign_in_as(steps.clerk())
    assert "With its buyer" in page(client.get(f"/desk/intake/{buyback.number}/1")).get_text()
    client.sign_in_as(buyback.owner)
    hers = page(client.get(f"/sell/quote/{buyback.number}")).get_text()
    assert "With our experts" in hers and "With its buyer" not in hers
    assert_ledger_is_sound()


@pytest.mark.rule("LUX-63", "LUX-68")
def test_cash_is_owed_until_the_bank_has_paid_and_a_late_run_is_alarmed(app: Flask) -> None:
    steps.open_for_buying()
    buyback = steps.bought(form=PayoutForm.CASH)
    payout = db.session.scalars(db.select(Payout)).one()
    assert (buyback.state, payout.form, payout.state) == (S.BOUGHT, PayoutForm.CASH, PayoutState.DUE)
    assert buyback.due_at == payout.promised_by == terms.calendar().end_of_business_day_after(clock.now(), 1)
    assert (steps.purchases_in_ledger(), -balance(Account.SELLER_PAYABLE, "USD").minor) == (15_500, 15_500)
    world.pass_time(days=5)
    buyback = steps.fresh(buyback)
    assert db.session.scalars(db.select(Alarm.subject_id).where(Alarm.kind == AlarmKind.BUYBACK_OVERDUE)).one()
    assert buyback.state is S.BOUGHT and buyback.due_at is not None and buyback.due_at > clock.now()
    with unit_of_work():
        buying.paid_out(buying.payouts.CashSent(payout.id, 1, clock.now()))
    assert steps.fresh(buyback).state is S.PAID


@pytest.mark.rule("GAP-19")
def test_what_its_owner_owes_us_is_taken_from_what_we_pay(app: Flask) -> None:
    steps.open_for_buying()
    buyback = steps.inspected()
    order = world.paid(world.an_order(world.a_live_listing()))
    with unit_of_work():
        debts.owe(order.id, buyback.owner_id, dollars(500), at=clock.now())
        inspecting.confirm(buyback, by=steps.expert(), at=clock.now())
    steps.runner.run_until_idle()
    payout = db.session.scalars(db.select(Payout)).one()
    assert (steps.fresh(buyback).state, payout.amount.minor, steps.purchases_in_ledger()) == (S.PAID, 0, 15_500)
    assert balance(Account.STORE_CREDIT_LIABILITY, "USD").minor == 0
    assert debts.owed_by(buyback.owner)[0].open_minor == 50_000 - 15_500


@pytest.mark.rule("NAP-03")
def test_a_piece_is_paid_in_the_forms_of_buying_alone(app: Flask) -> None:
    steps.open_for_buying(forms=[{"form": "store_credit"}])
    buyback = steps.quoted()
    with pytest.raises(FormNotOpen), unit_of_work():
        quoting.accept(buyback, PayoutForm.CASH, steps.TO_THE_STORE, by=buyback.owner, at=clock.now())
    assert steps.fresh(buyback).state is S.QUOTED
    steps.bought(steps.accepted(buyback, by_hand=True))
    assert db.session.scalars(db.select(Payout.form)).one() is PayoutForm.STORE_CREDIT


@pytest.mark.parametrize(
    ("answer", "state", "paid"), [("take", S.PAID, 10_000), ("give_up", S.GOING_BACK, 0), ("", S.GOING_BACK, 0)]
)
def test_a_revised_quote_is_taken_or_the_piece_goes_back_free_of_charge(
    app: Flask, answer: str, state: S, paid: int
) -> None:
    steps.open_for_buying(answer_days=4)
    buyback = steps.revised()
    assert buyback.due_at == clock.now() + timedelta(days=4)
    assert letters(buyback)[-1] == "quote_revised"
    if answer:
        with unit_of_work():
            getattr(inspecting, answer)(buyback, by=buyback.owner, at=clock.now())
    else:
        world.pass_time(days=4, minutes=1)
    steps.runner.run_until_idle()
    buyback = steps.fresh(buyback)
    assert (buyback.state, buyback.fee_minor, steps.purchases_in_ledger()) == (state, 0, paid)
    assert steps.bought_for() == paid
    assert_ledger_is_sound()


@pytest.mark.rule("LUX-75")
@pytest.mark.parametrize(
    ("way", "fee"), [(WayBack.COLLECT, 0), (WayBack.COURIER, 1500), (None, 0)], ids=["collect", "courier", "silence"]
)
def test_a_revoked_quote_pays_nothing_and_the_way_back_is_its_owners(app: Flask, way: WayBack | None, fee: int) -> None:
    steps.open_for_buying(fetch_days=3)
    buyback = steps.failed()
    owner = buyback.owner
    assert letters(buyback)[-1] == "quote_revoked"
    if way is None:
        world.pass_time(days=3, minutes=1)
    else:
        with pytest.raises(inspecting.NoSuchWayBack), unit_of_work():
            inspecting.fetch(buyback, WayBack.SENT, by=owner, at=clock.now())
        with unit_of_work():
            inspecting.fetch(buyback, way, by=owner, at=clock.now())
    buyback = steps.fresh(buyback)
    assert (buyback.state, buyback.way_back, buyback.fee_minor) == (S.GOING_BACK, way or WayBack.COLLECT, fee)
    if fee:
        with pytest.raises(FeeIsOpen), unit_of_work():
            inspecting.hand_back(buyback, place="Door", by=steps.clerk(), at=clock.now())
        with unit_of_work():
            inspecting.waive_fee(buyback, by=steps.clerk(), at=clock.now())
    with unit_of_work():
        inspecting.hand_back(buyback, place="Door", by=steps.clerk(), at=clock.now())
    assert (buyback.state, db.session.query(Payout).count(), steps.purchases_in_ledger()) == (S.RETURNED, 0, 0)


# Bought here before --------------------------------------------------------------------------------------------------


@pytest.mark.rule("LUX-77")
def test_what_was_bought_here_may_be_offered_by_its_buyer_and_nothing_is_quoted_by_itself(app: Flask) -> None:
    steps.open_for_buying(takes_bought_here=False)
    order = world.confirmed(world.delivered(world.paid(world.an_order(world.a_live_listing()))))
    wish = steps.a_wish(house=order.listing.house, category=order.listing.category)

    def refused(by: object) -> None:
        with pytest.raises(NotBoughtHere), unit_of_work():
            requesting.request(wish, order=order, by=by, at=clock.now())  # type: ignore[arg-type]

    refused(order.buyer)
    steps.open_for_buying()
    refused(an_account())
    buyback = steps.asked(order.buyer, wish, order=order)
    world.pass_time(days=1)
    buyback = steps.fresh(buyback)
    assert (buyback.state, buyback.quoted, buyback.item_id, buyback.order_id) == (
        S.SUBMITTED,
        None,
        order.item_id,
        order.id,
    )
    bought = steps.bought(steps.accepted(steps.quoted(buyback), by_hand=True))
    assert bought.item is not None and bought.item.owner_id is None
    refused(order.buyer)
