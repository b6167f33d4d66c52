"""Sales that end at the desk: what came back, what was appealed against, what was false, and what a bank took."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace import clock
from marketplace.database import unit_of_work
from marketplace.demo import banks, buying, cases, gift_cards
from marketplace.demo.cast import staff
from marketplace.demo.listings import approved
from marketplace.demo.sales import LISTED_BEFORE, Sale, confirmed, delivered
from marketplace.demo.stage import Stage
from marketplace.demo.timeline import Story
from marketplace.desk.order_actions import on_record
from marketplace.disputes.states import Kind, Remedy, Side
from marketplace.money import Money
from marketplace.orders import held_payouts, late_refunds
from marketplace.orders.models import Order
from marketplace.payouts import goodwill
from marketplace.people.models import Role

# Cases ---------------------------------------------------------------------------------------------------------------


def contested(stage: Stage, sale: Sale, kind: Kind = Kind.CONDITION) -> Story:
    """Both sides have shown a photo, and each sees another thing in it."""
    take = sale.pieces[0].take
    close_up, part = ("flaw", "corners") if sale.pieces[0].style.has_flaw_picture else ("inside", "interior")
    stage.album.order(take, close_up)
    yield from delivered(stage, sale)
    yield stage.some_time(sale.days_ago - 5, 15)
    cases.report(sale.order, kind, "It is more worn than the listing says: see my photo.", parts=[part])
    cases.show(sale.order, Side.BUYER, stage.album.photo(take, close_up), part=part)
    yield stage.some_time(sale.days_ago - 6, 10)
    cases.show(sale.order, Side.SELLER, stage.album.photo(take, "front"))
    cases.contest(sale.order, "This is how it looked on the day I packed it.")


def sent_back(stage: Stage, sale: Sale) -> Story:
    """The first is back with its seller, the second on its way, the third waits for its buyer to hand it over."""
    yield from contested(stage, sale)
    yield stage.some_time(sale.days_ago - 8, 15)
    words = "The buyer's photo shows wear that the listing does not name."
    cases.decide(sale.order, Remedy.REFUND_WITH_RETURN, words, seller_at_fault=True)
    for step, after in (("scan", 9), ("deliver", 11))[: 2 - sale.number]:
        yield stage.some_time(sale.days_ago - after, 11)
        cases.carry_back(sale.order, step)


def proposed(stage: Stage, sale: Sale) -> Story:
    """More than one person may give back: a second one has to agree."""
    yield from contested(stage, sale)
    yield stage.some_time(sale.days_ago - 7, 15)
    words = "Nothing in either photo speaks against the seller; the buyer keeps it, and the loss is ours."
    cases.propose(sale.order, Remedy.REFUND_WITHOUT_RETURN, words)


def dismissed(stage: Stage, sale: Sale) -> Story:
    """Not borne out; the buyer may still appeal."""
    yield from contested(stage, sale)
    yield stage.some_time(sale.days_ago - 7, 15)
    cases.decide(sale.order, Remedy.DISMISS, "The mark is within what the grade allows.")


def appealed(stage: Stage, sale: Sale) -> Story:
    """The buyer appealed against it: long ago with success, lately without an answer yet."""
    yield from dismissed(stage, sale)
    yield stage.some_time(sale.days_ago - 8, 19)
    cases.appeal(sale.order, Side.BUYER, "It is not one mark but all of it: please look at my photo again.")
    if sale.days_ago > 20:
        yield stage.some_time(sale.days_ago - 10, 15)
        words = "It is worn through, which the grade does not allow."
        cases.decide(sale.order, Remedy.REFUND_WITH_RETURN, words, seller_at_fault=True)


def looked_at_twice(stage: Stage, sale: Sale) -> Story:
    """An agent has asked a colleague, who has answered once; neither read the other's view before."""
    yield from contested(stage, sale)
    yield stage.some_time(sale.days_ago - 7, 11)
    cases.ask_opinion(sale.order, Remedy.DISMISS, "I see a shadow there, no wear.")
    if sale.number == 0:
        yield stage.some_time(sale.days_ago - 7, 16)
        cases.give_opinion(sale.order, Remedy.REFUND_WITH_RETURN, "The edge paint is gone at the left corner.")


def thought_better_of(stage: Stage, sale: Sale) -> Story:
    """The buyer takes the report back."""
    yield from contested(stage, sale, Kind.WRONG_ITEM)
    yield stage.some_time(sale.days_ago - 7, 19)
    cases.withdraw(sale.order)


def counterfeit(stage: Stage, sale: Sale) -> Story:
    """False: the house keeps it, and everything else of its seller waits for a reviewer again."""
    other = stage.deal("shown", sale.days_ago + LISTED_BEFORE, sale.pieces[0].seller)
    stage.timeline.tell(approved(stage, [other], sale.days_ago + LISTED_BEFORE))
    yield from contested(stage, sale, Kind.NOT_AUTHENTIC)
    yield stage.some_time(sale.days_ago - 8, 15)
    words = "The stamp, the lining and the zip are not the house's: this is not the bag that was bought."
    cases.decide(sale.order, Remedy.REFUND_WITH_RETURN, words, is_counterfeit=True)
    yield stage.some_time(sale.days_ago - 9, 11)
    cases.carry_back(sale.order, "scan")
    yield stage.some_time(sale.days_ago - 11, 11)
    cases.carry_back(sale.order, "deliver")
    yield stage.some_time(sale.days_ago - 11, 15)
    cases.receive(sale.order)


# Money at the desk ---------------------------------------------------------------------------------------------------


def made_good(stage: Stage, sale: Sale) -> Story:
    """Goodwill from an agent and from the manager: each within what their role may give."""
    yield from confirmed(stage, sale)
    yield stage.some_time(sale.days_ago - 6, 11)
    role, minor = ((Role.AGENT, 2_000), (Role.MANAGER, 5_000))[sale.number % 2]
    with unit_of_work() as session:
        order = session.get_one(Order, sale.order)
        by, at = staff(role), clock.now()
        goodwill.give(order.id, order.buyer, Money(minor, order.currency), by=by, at=at)
        on_record(order, "goodwill", "The parcel was a week late, and nobody wrote.", by, at)


def kept_back(stage: Stage, sale: Sale) -> Story:
    """The sale is confirmed, and its payout waits until the desk has looked."""
    yield from delivered(stage, sale)
    yield stage.some_time(sale.days_ago - 4, 16)
    with unit_of_work() as session:
        order, agent, at = session.get_one(Order, sale.order), staff(Role.AGENT), clock.now()
        held_payouts.hold_payout(order, reason="account", by=agent, at=at)
        on_record(order, "hold", "Both sides live in one street; we have asked for a document.", agent, at)
    yield stage.some_time(sale.days_ago - 5, 19)
    buying.confirm(sale.order, 5, "As described.")


def refunded_late(stage: Stage, sale: Sale) -> Story:
    """Weeks after the sale: everything, for fraud, of a card that is spent in part; or a tenth, as our loss."""
    yield from confirmed(stage, sale)
    is_fraud = sale.number == 0
    if is_fraud:
        yield stage.some_time(sale.days_ago - 8, 16)
        gift_cards.spend_of(sale.order, share=30)
    yield stage.some_time(sale.days_ago - 20, 11)
    with unit_of_work() as session:
        order, agent, at = session.get_one(Order, sale.order), staff(Role.AGENT), clock.now()
        part = None if is_fraud else Money(order.price_minor // 10, order.currency)
        words = "The tag was another bag's." if is_fraud else "The strap tore, and we should have seen it."
        late_refunds.refund(order, of_price=part, is_fraud=is_fraud, by=agent, at=at)
        on_record(order, "late_refund", words, agent, at)


# Banks ---------------------------------------------------------------------------------------------------------------

# What bank and desk do, a day after the other, about the first, second, … sale of a course.
DECIDED = (
    ("inquire", "answer", "win"),
    ("charge_back", "answer", "win"),
    ("charge_back", "answer", "lose", "conclude"),
    ("charge_back", "answer", "lose"),
)
UNDECIDED = (("inquire", "answer"), ("charge_back", "label", "answer"), ("inquire",), ("charge_back", "label"))


def decided_by_a_bank(stage: Stage, sale: Sale) -> Story:
    """For us, or for the buyer: long after the payout had left, or before it did."""
    yield from confirmed(stage, sale) if sale.number < 2 else delivered(stage, sale)
    yield from _at_the_bank(stage, sale, DECIDED[sale.number])


def before_a_bank(stage: Stage, sale: Sale) -> Story:
    """It asks, or has taken the payment back, and has not decided."""
    yield from delivered(stage, sale)
    yield from _at_the_bank(stage, sale, UNDECIDED[sale.number])


def _at_the_bank(stage: Stage, sale: Sale, acts: Sequence[str]) -> Story:
    for day, act in enumerate(acts):
        yield stage.some_time(sale.days_ago - 6 - day, 13)
        if act == "label":
            banks.add_the_label(sale.order)
        elif act == "answer":
            banks.answer(sale.order)
        elif act == "conclude":
            words = "The tracking shows the delivery: you did your part, and the loss is ours."
            banks.conclude(sale.order, words, pays_seller=True)
        else:
            banks.act(sale.order, act)
