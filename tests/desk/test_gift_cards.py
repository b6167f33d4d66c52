"""The desk's gift cards: found by e-mail, closed and replaced with a reason, by agents alone (MK-66)."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from marketplace import events
from marketplace.credits.models import GiftCard
from marketplace.database import db
from marketplace.ledger import Account, balance
from marketplace.money import Money
from marketplace.orders.models import Order
from marketplace.payouts.models import Payout
from marketplace.people.models import Person, Role
from tests.accounts import an_account, mail_to
from tests.books import assert_books_balance
from tests.credits.tills import Till, error
from tests.orders.stories import confirm, delivered_order
from tests.shipping.sales import sweep
from tests.web import Browser, find_form, form_fields, page, post_form

CODE = re.compile(r"(?:[0-9A-Z]{4}-){6}[0-9A-Z]{4}")


@pytest.fixture
def order(app) -> Order:
    """A sale whose seller has been paid with a card of 196.00."""
    order = delivered_order()
    confirm(order)
    return order


@pytest.fixture
def agent(app, client: Browser) -> Person:
    """An agent, signed in."""
    agent = an_account(name="Rene Desk", roles=[Role.AGENT])
    client.sign_in_as(agent)
    return agent


def cards() -> list[GiftCard]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(GiftCard).order_by(GiftCard.id)))


def code_mailed(order: Order, message: str) -> str:
    (letter,) = [letter for letter in mail_to(order.seller.email) if letter.message == message]
    (code,) = set(CODE.findall(letter.text))
    return code


def find(client: Browser, email: str) -> object:
    return post_form(client, "/desk/gift-cards", "find-gift-cards", email=email)


@pytest.mark.rule("MK-66")
def test_a_lost_card_is_found_by_loyalty_email_and_replaced(app, client: Browser, order: Order, agent: Person) -> None:
    old_code = code_mailed(order, "gift_card_ready")
    till = Till(app.test_client())
    till.redeem(old_code, 5_000)

    found = post_form(client, "/desk/gift-cards", "find-gift-cards", email=order.seller.email.upper())
    assert found.status_code == 303
    shown = page(client.get(found.location)).find("main").get_text(" ", strip=True)
    (card,) = cards()
    assert card.number in shown and card.last_four in shown and "$146.00" in shown
    assert "Ready to spend" in shown

    replaced = post_form(
        client, f"/desk/gift-cards/{card.number}/replace", "replace-card", reason="Called, knew the order"
    )
    assert replaced.status_code == 303
    sweep()
    old, new = cards()
    assert (new.replaces_id, new.initial) == (old.id, Money(14_600, "USD"))
    assert (old.void_reason, old.voided_at is not None) == ("Called, knew the order", True)
    assert [(row.action, row.actor_id) for row in events.history(old)] == [("void", agent.id)]

    new_code = code_mailed(order, "gift_card_replaced")
    assert error(till.look_up(old_code)) == (404, "card_not_usable")
    assert till.look_up(new_code).json["balance"] == 14_600
    payout = db.session.scalars(sa.select(Payout)).one()
    assert (payout.gift_card_number, payout.gift_card_last_four) == (new.number, new_code[-4:])
    assert balance(Account.GIFT_CARD_LIABILITY, "USD") == Money(-14_600, "USD")


@pytest.mark.fault("G05")
def test_the_desk_sees_the_last_four_of_a_code_and_no_more(client: Browser, order: Order, agent: Person) -> None:
    code = code_mailed(order, "gift_card_ready")
    (card,) = cards()
    pages = [client.get(find(client, order.seller.email).location)]
    pages.append(client.get(f"/desk/gift-cards/{card.number}/replace"))
    pages.append(client.get(f"/desk/orders/{order.number}"))
    for seen in pages:
        assert seen.status_code == 200
        assert not CODE.search(seen.text)
        assert code.replace("-", "")[:24] not in seen.text
        assert card.code_hash not in seen.text
    assert code[-4:] in pages[0].text


def test_who_looked_is_on_record(client: Browser, order: Order, agent: Person) -> None:
    find(client, order.seller.email)
    last = events.history(order.seller)[-1]
    assert (last.action, last.actor_id) == ("gift_cards_looked_up", agent.id)


def test_an_address_no_card_went_to_says_so(client: Browser, order: Order, agent: Person) -> None:
    missed = find(client, "nobody@example.com")
    assert missed.status_code == 422
    assert "No gift card went to this address." in missed.text


def test_a_replacement_needs_its_reason(client: Browser, order: Order, agent: Person) -> None:
    find(client, order.seller.email)
    (card,) = cards()
    refused = post_form(client, f"/desk/gift-cards/{card.number}/replace", "replace-card", reason=" ")
    assert refused.status_code == 422
    assert page(refused).title.get_text().startswith("Error: ")
    assert [one.voided_at for one in cards()] == [None]


def test_a_card_that_was_replaced_is_not_replaced_again(client: Browser, order: Order, agent: Person) -> None:
    found = find(client, order.seller.email)
    (card,) = cards()
    address = f"/desk/gift-cards/{card.number}/replace"
    form = {**form_fields(find_form(client.get(address), "replace-card")), "reason": "Lost"}
    assert client.post(address, data=form).status_code == 303
    again = client.post(address, data=form)
    assert again.status_code == 409
    assert "voided already" in again.text
    assert len(cards()) == 2
    rows = page(client.get(found.location)).find_all("tr", attrs={"data-id": True})
    assert [(row["data-state"], bool(row.find("a"))) for row in rows] == [("active", True), ("voided", False)]


@pytest.mark.fault("P04")
def test_cards_are_reached_through_a_lookup_of_their_holder_alone(client: Browser, order: Order, agent: Person) -> None:
    (card,) = cards()
    for address in (f"/desk/gift-cards/holders/{order.seller_id}", f"/desk/gift-cards/{card.number}/replace"):
        assert client.get(address).status_code == 404
    find(client, order.seller.email)
    assert client.get(f"/desk/gift-cards/{card.number}/replace").status_code == 200
    other = delivered_order()
    confirm(other)
    assert client.get(f"/desk/gift-cards/{cards()[-1].number}/replace").status_code == 404
    assert client.get(f"/desk/gift-cards/holders/{other.seller_id}").status_code == 404
    assert client.get("/desk/gift-cards/G0000000000/replace").status_code == 404


def test_an_agent_does_not_replace_a_card_of_their_own(client: Browser, order: Order, agent: Person) -> None:
    find(client, order.seller.email)
    (card,) = cards()
    card.holder_id = agent.id
    db.session.commit()
    find(client, agent.email)
    refused = post_form(client, f"/desk/gift-cards/{card.number}/replace", "replace-card", reason="Mine")
    assert refused.status_code == 403
    assert "A colleague has to replace it" in refused.text
    assert [one.voided_at for one in cards()] == [None]


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.WAREHOUSE, None])
def test_only_agents_open_the_desks_gift_cards(app, client: Browser, order: Order, role: Role | None) -> None:
    (card,) = cards()
    client.sign_in_as(an_account(roles=[role] if role else []))
    for address in ("/desk/gift-cards", f"/desk/gift-cards/{card.number}/replace"):
        assert client.get(address).status_code == 404


def test_the_books_balance_after_a_card_was_replaced(app, client: Browser, order: Order, agent: Person) -> None:
    Till(app.test_client()).redeem(code_mailed(order, "gift_card_ready"), 5_000)
    find(client, order.seller.email)
    post_form(client, f"/desk/gift-cards/{cards()[0].number}/replace", "replace-card", reason="Lost")
    assert_books_balance(app)
