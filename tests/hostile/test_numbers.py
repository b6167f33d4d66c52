"""Amounts that are no amounts, in every field that takes one: a form error, nothing stored (fault B20)."""

from __future__ import annotations

import pytest
from flask import Flask

from marketplace.database import db
from marketplace.listings.models import Listing
from marketplace.people.models import Role
from tests.accounts import an_account
from tests.hostile.world import everything
from tests.programme import world as shop
from tests.web import Browser, post_form

NO_AMOUNTS = [
    *("", " ", "-1", "-180", "0", "0.00", "NaN", "nan", "Infinity", "-Infinity", "inf", "1e400", "1e-9", "1e2", "1E2"),
    *("\uff11\uff12\uff10", "\u0661\u0662\u0660", "\u00b2", "1_000", "1 000", "1,00", "1,0000", "120.505", "120."),
    *(".5", "+120", "0x78", "0b1", str(2**63), str(2**64), "9" * 400, "120\u00a0", "\u200b120", "120;", "120 USD"),
    *("\u20ac120", "12'0", "--1", "1.2.3", "None", "true"),
]


@pytest.mark.fault("B20")
def test_what_is_no_amount_is_no_price(client: Browser) -> None:
    draft = shop.priced(shop.graded(shop.a_draft(), "good"), 15_000)
    client.sign_in_as(draft.seller)  # type: ignore[arg-type]
    before = everything()
    for typed in NO_AMOUNTS:
        answer = post_form(client, f"/sell/listings/{draft.number}/price", "save-price", price=typed)
        assert answer.status_code == 422, typed
    assert everything() == before
    assert db.session.get_one(Listing, draft.id).price_minor == 15_000


@pytest.mark.fault("B20")
def test_what_is_no_amount_is_refused_wherever_a_price_is_set(app: Flask, client: Browser) -> None:
    live = shop.a_live_listing()
    submitted = shop.submitted(shop.a_complete_draft())
    supply = shop.a_supply_listing()
    places = (
        (live.seller, f"/sell/wardrobe/{live.number}", "reprice", "price"),
        (an_account(roles=[Role.REVIEWER]), f"/desk/review/{submitted.number}", "propose-price", "proposal-price"),
        (an_account(roles=[Role.WAREHOUSE]), f"/desk/supply/{supply.number}", "reprice", "price"),
    )
    for person, path, form, field in places:
        client.sign_in_as(person)  # type: ignore[arg-type]
        before = everything()
        for typed in NO_AMOUNTS[::4]:  # every one is refused by the field itself, as the test above shows
            answer = post_form(client, path, form, **{field: typed})
            assert answer.status_code == 422, f"{path} {typed!r}"
        assert everything() == before


@pytest.mark.fault("B20")
@pytest.mark.parametrize(("typed", "minor"), [("120", 12_000), ("$1,200.5", 120_050), (" 29.99 ", 2_999)])
def test_an_amount_as_people_type_it_is_taken_to_the_cent(client: Browser, typed: str, minor: int) -> None:
    draft = shop.graded(shop.a_draft(), "good")
    client.sign_in_as(draft.seller)  # type: ignore[arg-type]
    assert post_form(client, f"/sell/listings/{draft.number}/price", "save-price", price=typed).status_code == 303
    db.session.expire_all()
    assert db.session.get_one(Listing, draft.id).price_minor == minor


NUMBERS = ["-1", "0", "1e400", "NaN", str(2**31), str(2**63), "9" * 30, "1.5", "0x1", "\u0661", "1_0", " 1", "+1"]


@pytest.mark.fault("B20")
def test_a_number_in_an_address_that_is_none_of_ours_is_not_found(client: Browser) -> None:
    client.sign_in_as(an_account(roles=[Role.AGENT, Role.REVIEWER, Role.WAREHOUSE]))
    for number in NUMBERS:
        for path in ("/terms/{}", "/desk/people/{}", "/desk/gift-cards/holders/{}", "/photos/x/{}.webp"):
            assert client.get(path.format(number)).status_code in (303, 400, 404), path.format(number)
        for query in ("purchase={}", "purchase=1&unit={}"):
            assert client.get(f"/sell/listings/new?{query.format(number)}").status_code in (303, 400, 404)
        for query in ("after={}.1", "after=1.{}", "before={}", "price={}-{}"):
            answer = client.get(f"/shop?{query.format(number, number)}")
            assert answer.status_code in (200, 400, 404), query
