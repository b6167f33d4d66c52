"""``/account/credit``: own cards, what they hold, where they spend, what to do about a lost one."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from bs4 import Tag

from marketplace import clock
from marketplace.credits import voiding
from marketplace.credits.models import GiftCard
from marketplace.database import db, unit_of_work
from marketplace.money import Money
from marketplace.orders import settling
from marketplace.orders.models import Order
from marketplace.payments.sandbox import SandboxSession
from marketplace.people.models import Role
from marketplace.programme import versions
from tests.accounts import an_account
from tests.credits.tills import Till, held
from tests.desk.test_gift_cards import code_mailed
from tests.orders.stories import confirm, delivered_order
from tests.shopping import ADDRESS, checkout_of, live_listing, path_of, put_in_bag, words_of
from tests.web import Browser, find_form, page, post_form


def main_text(client: Browser) -> str:
    shown = client.get("/account/credit")
    assert shown.status_code == 200
    return str(page(shown).find("main").get_text(" ", strip=True))


@pytest.fixture
def order(app, client: Browser) -> Order:
    """A sale whose seller has been paid and is signed in."""
    order = delivered_order()
    confirm(order)
    client.sign_in_as(order.seller)
    return order


def test_a_member_sees_their_cards_with_last_four_and_balance(app, client: Browser, order: Order) -> None:
    code = code_mailed(order, "gift_card_ready")
    Till(app.test_client()).redeem(code, 5_050)
    text = main_text(client)
    assert f"Ending {code[-4:]}" in text
    assert "$196.00" in text and "$145.50" in text and "Ready to spend" in text
    assert code[:4] not in text


def test_a_spent_and_a_replaced_card_say_so(app, client: Browser, order: Order) -> None:
    code = code_mailed(order, "gift_card_ready")
    with unit_of_work():
        card = db.session.scalars(sa.select(GiftCard)).one()
        successor, fresh = voiding.replace(card, by=an_account(roles=[Role.AGENT]), at=clock.now(), reason="lost")
    assert f"Replaced by the card ending {fresh[-4:]}" in main_text(client)
    Till(app.test_client()).redeem(fresh, 19_600)
    text = main_text(client)
    assert "Spent" in text and "Closed" in text and f"Ending {code[-4:]}" in text
    assert successor.last_four == fresh[-4:]


def test_what_is_on_its_way_is_named(app, client: Browser) -> None:
    order = delivered_order()
    with unit_of_work():
        order = db.session.get_one(Order, order.id)
        settling.confirm(order, stars=5, words="", by=order.buyer, at=clock.now())
    client.sign_in_as(order.seller)
    text = main_text(client)
    assert f"A gift card of $196.00 for order {order.number} is on its way." in text
    assert "No gift cards yet" not in text


@pytest.mark.fault("P04")
def test_nobody_sees_anybody_elses_cards(client: Browser, order: Order) -> None:
    card = db.session.scalars(sa.select(GiftCard)).one()
    client.sign_in_as(an_account())
    text = main_text(client)
    assert card.last_four not in text and "$196.00" not in text
    assert "No gift cards yet" in text


def test_a_stranger_is_asked_to_sign_in(client: Browser) -> None:
    answer = client.get("/account/credit")
    assert answer.status_code == 303
    assert answer.location.startswith("/sign-in")


@pytest.mark.rule("MK-44", "MK-20")
def test_the_page_says_where_a_card_spends_and_links_its_terms(client: Browser, order: Order) -> None:
    card = versions.current().policy.payout.gift_card
    text = main_text(client)
    assert "At velorne.example: choose gift card when you pay and enter the code." in text
    assert "In participating Velorne stores: show the code at the till." in text
    assert page(client.get("/account/credit")).find("a", href=card.terms_url)


def test_the_page_says_what_to_do_about_a_lost_card(client: Browser, order: Order) -> None:
    support = versions.current().policy.identity.support
    document = page(client.get("/account/credit"))
    assert document.find("a", href=f"mailto:{support.email}")
    assert "the e-mail address of your Velorne Circle account" in main_text(client)


@pytest.mark.rule("MK-45")
def test_a_card_cannot_pay_here_and_no_form_takes_one(app, client: Browser, order: Order) -> None:
    """No step asks for a code; one that is sent all the same moves nothing, and the whole total is charged."""
    assert "It cannot pay on Velorne Pre-Loved itself" in main_text(client)
    code, shopper = code_mailed(order, "gift_card_ready"), app.test_client()
    put_in_bag(shopper, live_listing(price=10_000))
    smuggled = {"gift_card": code, "gift_card_code": code, "code": code, "coupon": code, "credit": "19600"}
    assert not fields_about_cards(find_form(shopper.get("/checkout"), "checkout"))
    review = path_of(post_form(shopper, "/checkout", "checkout", **ADDRESS, **smuggled))
    assert not fields_about_cards(find_form(shopper.get(review), "pay"))
    payment = path_of(post_form(shopper, review, "pay", **smuggled))
    asked = db.session.scalars(sa.select(SandboxSession).order_by(SandboxSession.id.desc())).first()
    assert asked is not None
    assert asked.amount == checkout_of(review).total
    assert "gift" not in words_of(shopper.get(payment)).lower()
    assert held(code) == Money(19_600, "USD")


def fields_about_cards(form: Tag) -> list[str]:
    names = [str(control.get("name")) for control in form.find_all(["input", "select", "textarea"])]
    return [name for name in names if any(word in name for word in ("gift", "credit", "coupon", "voucher"))]
