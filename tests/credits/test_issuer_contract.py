"""What every issuer promises: the shop itself, another house over HTTP, and a second Reprise that really runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

import pytest
import requests
import sqlalchemy as sa

from marketplace.credits.codes import hash_of
from marketplace.credits.issuer import CardWanted, GiftCardIssuer
from marketplace.credits.models import GiftCard
from marketplace.credits.own import OwnIssuer
from marketplace.credits.remote import RemoteIssuer
from marketplace.database import db
from marketplace.money import Money
from tests.credits.tills import a_token
from tests.doubles.gift_cards import GiftCardDouble
from tests.live import LiveShop
from tests.plugins.databases import Databases

_numbers = count(1)


@dataclass
class House:
    """An issuer, and a way to ask what it keeps without going through the port."""

    issuer: GiftCardIssuer
    number_behind: Callable[[str], str | None]  # the number of the card that a code opens


def wanted(minor: int = 19_600) -> CardWanted:
    number = next(_numbers)
    return CardWanted(Money(minor, "USD"), f"R{number:08d}", f"gift_card:payouts:{number}")


def _own(request: pytest.FixtureRequest) -> Iterator[House]:
    request.getfixturevalue("app")

    def number_behind(code: str) -> str | None:
        db.session.expire_all()
        return db.session.scalar(sa.select(GiftCard.number).where(GiftCard.code_hash == hash_of(code)))

    yield House(OwnIssuer(), number_behind)


def _double(_request: pytest.FixtureRequest) -> Iterator[House]:
    with GiftCardDouble() as there:

        def number_behind(code: str) -> str | None:
            card = there.card_behind(code)
            return card.number if card else None

        yield House(RemoteIssuer(there.url, there.token), number_behind)
        assert there.violations == []


def _second_reprise(request: pytest.FixtureRequest) -> Iterator[House]:
    databases: Databases = request.getfixturevalue("databases")
    copies = databases.of(request.getfixturevalue("engine"))
    url = copies.copy()
    there = LiveShop(url, photos=databases.folder / "photos-issuer")
    there.start()
    token = there.run(a_token)

    def number_behind(code: str) -> str | None:
        sign_in = {"Authorization": f"Bearer {token}"}
        answer = requests.post(
            f"{there.url}/api/v1/gift-cards/lookup", json={"code": code}, headers=sign_in, timeout=10
        )
        return answer.json().get("number")

    yield House(RemoteIssuer(f"{there.url}/api/v1", token), number_behind)
    there.stop()
    copies.drop(url)


@pytest.fixture(params=[_own, _double, _second_reprise], ids=["own", "http", "second-reprise"])
def house(request: pytest.FixtureRequest, engine: str) -> Iterator[House]:
    yield from request.param(request)


def test_a_card_is_worth_what_was_asked_and_its_code_opens_it(house: House) -> None:
    asked = wanted()
    card = house.issuer.issue(asked)
    assert card.amount == asked.amount
    assert card.code.endswith(card.last_four)
    assert house.number_behind(card.code) == card.number
    assert card.code not in repr(card)


@pytest.mark.parametrize("again", ["issue", "look_up"])
@pytest.mark.fault("G01")
def test_asked_again_it_is_the_same_card_with_a_code_that_works(house: House, again: str) -> None:
    asked = wanted()
    first = house.issuer.issue(asked)
    second = getattr(house.issuer, again)(asked)
    assert (second.number, second.amount) == (first.number, asked.amount)
    assert house.number_behind(second.code) == first.number


def test_nothing_is_found_where_nothing_was_issued(house: House) -> None:
    house.issuer.issue(wanted())
    assert house.issuer.look_up(wanted()) is None


def test_two_orders_have_two_cards_with_two_codes(house: House) -> None:
    first, second = house.issuer.issue(wanted(1)), house.issuer.issue(wanted(1))
    assert first.number != second.number
    assert first.code != second.code


def test_nothing_stands_in_the_way_of_an_issuer_that_works(house: House) -> None:
    assert house.issuer.trouble() == ""
