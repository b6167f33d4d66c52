"""What the desk does to an order: with a reason on record, within limits, by the orders' and payouts' own verbs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock, events
from marketplace.credits.models import GiftCard
from marketplace.database import db, unit_of_work
from marketplace.ledger import Account, balance
from marketplace.money import Money
from marketplace.orders import held_payouts, two_people
from marketplace.orders.models import Order
from marketplace.orders.notes import DeskNote
from marketplace.orders.settling import contest_by_carrier
from marketplace.orders.states import OrderState
from marketplace.payouts import goodwill, holding
from marketplace.payouts.goodwill import GoodwillToSelf
from marketplace.payouts.models import Goodwill, NotHeld, Payout, PayoutState
from marketplace.payouts.paying import payout_of
from marketplace.people.models import Person, Role, StaffRole
from marketplace.people.readings import Reading
from marketplace.programme import versions
from marketplace.shipping import parcels
from marketplace.shipping.models import ParcelState
from tests.accounts import an_account, mail_to
from tests.books import assert_books_balance
from tests.orders.stories import again, confirm, delivered_order
from tests.programme.policies import changed
from tests.shipping.sales import labelled_order, sweep, travel
from tests.web import Browser, page, post_form

Advance = Callable[..., datetime]


def browser(app: Flask, person: Person) -> Browser:
    made = app.test_client()
    assert isinstance(made, Browser)
    made.sign_in_as(person)
    return made


def an_agent(name: str = "Rene Desk", *roles: Role) -> Person:
    return an_account(name=name, roles=roles or [Role.AGENT])


def text(client: Browser, order: Order) -> str:
    main = page(client.get(f"/desk/orders/{order.number}")).find("main")
    assert main is not None
    return " ".join(main.get_text(" ").split())


def on_record(order: Order) -> list[tuple[str, str]]:
    """What the desk did to the order, and why."""
    notes = {note.id: note.words for note in db.session.scalars(sa.select(DeskNote))}
    desks = [event for event in events.history(order) if event.action.startswith("desk_")]
    return [(event.action, notes[event.detail["note_id"]]) for event in desks]


@pytest.mark.fault("P06")
def test_goodwill_is_a_gift_card_within_the_limit_of_whoever_gives_it(app: Flask) -> None:
    order = delivered_order()
    path = f"/desk/orders/{order.number}/goodwill"
    agent, manager = browser(app, an_agent()), browser(app, an_agent("Mo Manager", Role.MANAGER))
    assert post_form(agent, path, "goodwill", to="buyer", amount="10.00", reason="").status_code == 422
    assert post_form(agent, path, "goodwill", to="buyer", amount="10.00", reason="Late twice").status_code == 303
    refused = post_form(agent, path, "goodwill", to="seller", amount="15.01", reason="Late again")
    assert refused.status_code == 422
    assert "at most $15.00 more" in refused.get_data(as_text=True)
    assert post_form(manager, path, "goodwill", to="seller", amount="20.00", reason="Long wait").status_code == 303
    over = post_form(manager, path, "goodwill", to="buyer", amount="170.01", reason="Once more")
    assert over.status_code == 422
    assert post_form(agent, path, "goodwill", to="buyer", amount="0.01", reason="Once more").status_code == 422
    sweep()

    gifts = db.session.scalars(sa.select(Goodwill).order_by(Goodwill.id)).all()
    assert [(gift.amount_minor, gift.receiver_id, gift.state) for gift in gifts] == [
        (1_000, order.buyer_id, PayoutState.ISSUED),
        (2_000, order.seller_id, PayoutState.ISSUED),
    ]
    assert balance(Account.GOODWILL, "USD", order_id=order.id) == Money(3_000, "USD")
    cards = db.session.scalars(sa.select(GiftCard).order_by(GiftCard.id)).all()
    assert [(card.reference, card.holder_id) for card in cards] == [(gift.number, gift.receiver_id) for gift in gifts]
    letter = mail_to(order.checkout.email)[-1]
    assert (letter.message, "$10.00" in letter.text) == ("goodwill", True)
    assert on_record(order) == [("desk_goodwill", "Late twice"), ("desk_goodwill", "Long wait")]
    for words in ("Goodwill", "Owed to the seller", "Late twice", "Mo Manager"):
        assert words in text(agent, order)
    confirm(order)
    assert_books_balance(app)


@pytest.mark.fault("P06")
def test_nobody_acts_on_an_order_of_their_own_nor_gives_themselves_anything(app: Flask) -> None:
    order = delivered_order()
    with unit_of_work() as session:
        session.add(StaffRole(person_id=order.buyer_id, role=Role.MANAGER, given_at=clock.now()))
    buyer = db.session.get_one(Person, order.buyer_id)
    client = browser(app, buyer)
    for action in ("extend", "hold", "goodwill"):
        assert client.get(f"/desk/orders/{order.number}/{action}").status_code == 403
    with unit_of_work(), pytest.raises(GoodwillToSelf):
        goodwill.give(order.id, buyer, Money(100, "USD"), by=buyer, at=clock.now())
    assert on_record(order) == []


def test_a_held_payout_waits_until_it_is_cleared_or_its_days_are_over(app: Flask, advance: Advance) -> None:
    cleared, forgotten, free = delivered_order(), delivered_order(), delivered_order()
    agent = browser(app, an_agent())
    for order in (cleared, forgotten):
        sent = post_form(agent, f"/desk/orders/{order.number}/hold", "hold", why="authenticity", reason="Odd stitching")
        assert sent.status_code == 303
    assert agent.get(f"/desk/orders/{cleared.number}/hold").status_code == 409
    seller = db.session.get_one(Person, cleared.seller_id)
    for order in (cleared, forgotten, free):
        confirm(again(order))
    states = [payout_of(order.id).state for order in (cleared, forgotten, free)]  # type: ignore[union-attr]
    assert states == [PayoutState.HELD, PayoutState.HELD, PayoutState.ISSUED]
    assert agent.get(f"/desk/orders/{free.number}/hold").status_code == 409
    told = browser(app, seller).get(f"/sell/sales/{cleared.number}").get_data(as_text=True)
    assert "We are checking the piece: Our workshop confirms that the piece is genuine" in told

    assert "payout_held" in {letter.message for letter in mail_to(seller.email)}
    released = post_form(agent, f"/desk/orders/{cleared.number}", "release", reason="The workshop says yes")
    assert released.status_code == 303
    sweep()
    assert payout_of(cleared.id).state is PayoutState.ISSUED  # type: ignore[union-attr]
    advance(days=versions.current().policy.desk.max_hold_days)
    sweep()
    db.session.expire_all()
    assert payout_of(forgotten.id).state is PayoutState.ISSUED  # type: ignore[union-attr]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Payout)) == 3
    assert on_record(cleared) == [("desk_hold", "Odd stitching"), ("desk_release", "The workshop says yes")]
    assert_books_balance(app)


def test_a_hold_ends_once(app: Flask) -> None:
    order, agent = delivered_order(), an_agent()
    with unit_of_work():
        placed = held_payouts.hold_payout(order, reason="account", by=agent, at=clock.now())
    with unit_of_work():
        holding.release(placed, by=agent, at=clock.now())
    with unit_of_work(), pytest.raises(NotHeld):
        holding.release(placed, by=agent, at=clock.now())


def test_a_deadline_is_put_off_within_the_limit_and_both_sides_are_told(app: Flask, advance: Advance) -> None:
    order = labelled_order()
    agent = browser(app, an_agent())
    path = f"/desk/orders/{order.number}/extend"
    was = again(order).ship_by_at
    assert was is not None
    assert post_form(agent, path, "extend", days="6", reason="Illness").status_code == 422
    assert post_form(agent, path, "extend", days="3", reason="Illness").status_code == 303
    later = again(order).ship_by_at
    assert later == versions.current().calendar.end_of_business_day_after(was, 3)
    assert post_form(agent, path, "extend", days="3", reason="Illness").status_code == 422
    sweep()
    seller = db.session.get_one(Person, order.seller_id)
    assert mail_to(seller.email)[-1].message == "deadline_extended_seller"
    assert mail_to(order.checkout.email)[-1].message == "deadline_extended"
    advance(seconds=(was + timedelta(hours=1) - clock.now()).total_seconds())
    sweep()
    assert "ship_by_passed" not in {letter.message for letter in mail_to(order.checkout.email)}

    travel(again(order), "scan")
    assert agent.get(path).status_code == 409
    travel(again(order), "deliver")
    closes = again(order).window_closes_at
    assert closes is not None
    assert post_form(agent, path, "extend", days="1", reason="On a journey").status_code == 303
    advance(seconds=(closes + timedelta(minutes=1) - clock.now()).total_seconds())
    sweep()
    assert again(order).state is OrderState.DELIVERED
    advance(days=4)
    sweep()
    assert again(order).state is OrderState.SETTLED
    assert_books_balance(app)


def test_a_label_is_made_anew_and_a_lost_parcel_is_marked(app: Flask) -> None:
    order = labelled_order()
    agent = browser(app, an_agent())
    path = f"/desk/orders/{order.number}"
    first = parcels.parcel_of(order.id)
    assert first is not None
    assert post_form(agent, path, "reissue", reason="The printer ate it").status_code == 303
    sweep()
    db.session.expire_all()
    second = parcels.parcel_of(order.id)
    assert second is not None
    assert (first.state, second.state) == (ParcelState.CANCELLED, ParcelState.LABEL_BOUGHT)
    assert first.tracking_number != second.tracking_number
    travel(again(order), "scan")
    assert again(order).state is OrderState.IN_TRANSIT
    assert page(agent.get(path)).find("form", id="reissue") is None
    assert post_form(agent, path, "lost", reason="The carrier says so").status_code == 303
    sweep()
    assert (again(order).state, again(order).end_reason) == (OrderState.REFUNDED, "parcel_lost")
    assert on_record(order) == [("desk_reissue", "The printer ate it"), ("desk_lost", "The carrier says so")]
    assert_books_balance(app)


@pytest.mark.fault("P06")
def test_what_moves_more_than_one_agents_sum_takes_two(app: Flask) -> None:
    order = delivered_order()
    with unit_of_work():
        versions.publish(changed({"disputes.approval_above_minor": 20_000}), at=clock.now())
    with unit_of_work():
        contest_by_carrier(again(order), at=clock.now())
    path, kim = f"/desk/orders/{order.number}", an_agent("Kim Desk")
    first, second = browser(app, kim), browser(app, an_agent("Lee Desk"))
    for _ in range(2):  # nor does the same person twice make two
        assert post_form(first, path, "refund", reason="The carrier took it back").status_code == 303
        assert again(order).state is OrderState.DISPUTED
    assert "A colleague has proposed: Refund in full" in text(second, order)
    assert not two_people.is_seconded(again(order), "settle", by=kim)
    assert post_form(second, path, "refund", reason="Agreed").status_code == 303
    sweep()
    assert again(order).state is OrderState.REFUNDED
    assert_books_balance(app)


@pytest.mark.fault("P06")
def test_the_orders_page_says_why_each_amount_and_notes_who_read_it(app: Flask) -> None:
    order = delivered_order()
    confirm(order)
    kim = an_agent("Kim Desk")
    shown = text(browser(app, kim), again(order))
    for words in (
        "Price $245.00, shipping $8.95 and tax",
        "80% of the price of $245.00.",
        "The price of $245.00 less the seller's 80%.",
        "Our commission",
        "Label mailed to the seller",
        "Confirmed by the buyer",
        "the carrier",
        "Gift card for the sale, to the seller",
    ):
        assert words in shown
    [reading] = db.session.scalars(sa.select(Reading).where(Reading.subject_type == "orders")).all()
    assert (reading.reader_id, reading.subject_id) == (kim.id, order.id)
