"""A second Reprise issues this one's gift cards: two shops, two ledgers, one card an order, whoever stops when."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
import sqlalchemy as sa
from flask import Flask

from marketplace.credits.remote import RemoteIssuer
from marketplace.database import db
from marketplace.ledger import Account
from marketplace.ledger.models import LedgerTransaction
from marketplace.orders.models import Order
from marketplace.payouts.models import Payout, PayoutState
from tests.accounts import mail_to
from tests.books import assert_books_balance, total
from tests.credits.tills import CARDS, a_token
from tests.doubles.gift_cards import GiftCardDouble
from tests.fresh import FreshDatabase
from tests.live import LiveShop
from tests.orders.stories import confirm, delivered_order
from tests.payouts.test_crashes import due_payout, stops
from tests.payouts.test_paying import CODE
from tests.plugins.databases import Databases
from tests.shop import close, make_shop

OWED = 19_600


@pytest.fixture
def issuer(engine: str, databases: Databases) -> Iterator[LiveShop]:
    """The other Reprise, listening."""
    copies = databases.of(engine)
    url = copies.copy()
    shop = LiveShop(url, photos=databases.folder / "photos-issuer")
    shop.start()
    yield shop
    shop.stop()
    copies.drop(url)


@pytest.mark.fault("G01")
def test_a_seller_here_is_paid_with_a_card_of_the_other_reprise_that_spends_there(
    issuer: LiveShop, fresh_database: FreshDatabase
) -> None:
    token = issuer.run(a_token)
    here = make_shop(
        fresh_database.url,
        photos=fresh_database.photos,
        gift_cards="http",
        gift_card_issuer_url=issuer.url,
        gift_card_issuer_token=token,
    )
    with here.app_context():
        order = delivered_order()
        confirm(order)
        [letter] = [one.text for one in mail_to(order.seller.email) if one.message == "gift_card_ready"]
        assert total(Account.GIFT_CARD_ISSUER_PAYABLE) == {"USD": -OWED}
        assert total(Account.GIFT_CARD_LIABILITY) == {}
        assert_books_balance(here)
        number = order.number
    close(here)

    assert issuer.run(lambda: total(Account.CHANNEL_RECEIVABLE)) == {"USD": OWED}
    assert issuer.run(lambda: total(Account.GIFT_CARD_LIABILITY)) == {"USD": -OWED}
    [code] = set(CODE.findall(letter))
    sign_in = {"Authorization": f"Bearer {token}", "Idempotency-Key": "till-1"}
    spent = {"code": code, "amount": OWED, "currency": "USD", "reference": f"till {number}"}
    answer = requests.post(f"{issuer.url}{CARDS}/redemptions", json=spent, headers=sign_in, timeout=10)
    assert (answer.status_code, answer.json()["gift_card"]["balance"]) == (201, 0)


def wrong_between(house: GiftCardDouble, order: Order) -> str:
    """What is not as it must be after everything has run again; then the other house starts anew."""
    db.session.expire_all()
    payout = db.session.scalars(sa.select(Payout).where(Payout.order_id == order.id)).one()
    postings = db.session.scalars(sa.select(LedgerTransaction).where(LedgerTransaction.kind == "issue")).all()
    letters = [letter.text for letter in mail_to(order.seller.email) if letter.message == "gift_card_ready"]
    there = list(house.cards)
    house.forget_everything()
    if payout.state is not PayoutState.ISSUED:
        return f"the payout is {payout.state}"
    if (len(there), len(postings), len(letters)) != (1, 1, 1):
        return f"{len(there)} cards, {len(postings)} postings, {len(letters)} letters"
    return "" if there[0].code in letters[0] else "the code in the letter opens nothing"


@pytest.mark.fault("G01")
def test_wherever_this_shop_stops_there_is_one_card_and_its_code_is_in_the_letter(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = due_payout()
    with GiftCardDouble() as house:
        monkeypatch.setitem(app.extensions, "gift_cards", RemoteIssuer(house.url, house.token))
        assert set(stops(order, lambda one: wrong_between(house, one), every=4)) == {""}
        assert len({call.headers["idempotency-key"] for call in house.of("issue")}) == 1
        assert house.violations == []


def test_control_with_an_issuer_that_forgets_a_stop_makes_two_cards(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = due_payout()
    with GiftCardDouble(forgetful=True) as house:
        monkeypatch.setitem(app.extensions, "gift_cards", RemoteIssuer(house.url, house.token))
        assert "2 cards, 1 postings, 1 letters" in stops(order, lambda one: wrong_between(house, one), every=4)
