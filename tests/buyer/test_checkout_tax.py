"""The tax at checkout: shown before paying, charged as shown; without it nothing is offered and nothing reserved."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace.database import db, unit_of_work
from marketplace.listings.models import Listing
from marketplace.orders.models import Checkout, Hold
from marketplace.payments.models import PaymentAttempt
from marketplace.payments.sandbox import SandboxSession
from tests.doubles.faults import Fault, lose_answer, lose_request, refuse
from tests.doubles.stripe import StripeDouble
from tests.orders.tax_doubles import taxed_by
from tests.shopping import ADDRESS, checkout_of, live_listing, path_of, pay, put_in_bag, to_review, words_of
from tests.web import Browser, find_form, form_fields, post_form

NOWHERE = {"error": {"type": "invalid_request_error", "code": "customer_tax_location_invalid", "message": "Where?"}}
INACTIVE = {"error": {"type": "invalid_request_error", "code": "stripe_tax_inactive", "message": "Activate Tax first."}}
LATER = "We cannot work out the sales tax right now."


@pytest.fixture
def stripe(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeDouble]:
    with StripeDouble() as running:
        taxed_by(running, app, monkeypatch)
        yield running
        assert running.violations == []


def nothing_happened() -> bool:
    written = (Checkout, Hold, PaymentAttempt, SandboxSession)
    return not any(db.session.scalar(sa.select(sa.func.count()).select_from(model)) for model in written)


@pytest.mark.rule("MK-15")
def test_the_tax_stripe_works_out_is_shown_and_charged(app: Flask, client: Browser, stripe: StripeDouble) -> None:
    review = to_review(client, live_listing(price=20_000))
    shown = words_of(client.get(review))
    assert "$18.54" in shown and "$227.49" in shown  # 17.75 on the price, 0.79 on the shipping
    pay(client, path_of(post_form(client, review, "pay")))
    assert db.session.scalars(sa.select(SandboxSession)).one().amount.minor == 22_749
    [calculation] = stripe.calculations.values()
    assert checkout_of(review).total_minor == 20_000 + 895 + calculation.tax


@pytest.mark.parametrize(
    "trouble",
    [refuse(503), refuse(429), lose_answer(), lose_request(), refuse(400, INACTIVE), refuse(401, INACTIVE)],
    ids=["503", "429", "answer lost", "request lost", "not active", "wrong key"],
)
def test_without_a_tax_nothing_is_offered(app: Flask, client: Browser, stripe: StripeDouble, trouble: Fault) -> None:
    put_in_bag(client, live_listing())
    stripe.plan("create_tax_calculation", trouble)
    answer = post_form(client, "/checkout", "checkout", **ADDRESS)
    assert answer.status_code == 409
    assert LATER in answer.get_data(as_text=True)
    assert ADDRESS["line1"] in answer.get_data(as_text=True), "what was typed stays"
    assert nothing_happened()
    assert client.post("/checkout", data={**form_fields(find_form(answer, "checkout"))}).status_code == 303


def test_a_tax_service_that_is_down_is_said_calmly(app: Flask, client: Browser, stripe: StripeDouble) -> None:
    put_in_bag(client, live_listing())
    stripe.stop()
    answer = post_form(client, "/checkout", "checkout", **ADDRESS)
    assert answer.status_code == 409
    assert nothing_happened()


def test_an_address_stripe_cannot_place_is_a_fault_of_the_form(
    app: Flask, client: Browser, stripe: StripeDouble
) -> None:
    put_in_bag(client, live_listing())
    stripe.plan("create_tax_calculation", refuse(400, NOWHERE))
    answer = post_form(client, "/checkout", "checkout", **ADDRESS)
    assert answer.status_code == 422
    assert "could not find this address" in words_of(answer)
    assert nothing_happened()


@pytest.mark.fault("B01")
def test_the_same_form_twice_is_one_offer_with_another_address_it_is_quoted_anew(
    app: Flask, client: Browser, stripe: StripeDouble
) -> None:
    put_in_bag(client, live_listing(price=20_000))
    typed = {**form_fields(find_form(client.get("/checkout"), "checkout")), **ADDRESS}
    first, second = (client.post("/checkout", data=typed).location for _ in range(2))
    elsewhere = {**typed, "line1": "1 Market Street", "city": "San Francisco", "region": "CA", "postcode": "94105"}
    third = client.post("/checkout", data=elsewhere).location
    assert first == second != third
    assert checkout_of(third).ship_to["region"] == "CA"
    assert [order.tax_minor for order in checkout_of(third).orders] == [1975]
    assert len(stripe.calculations) == 2


@pytest.mark.fault("B05")
def test_a_price_that_changed_while_the_tax_service_is_down_is_not_charged(
    app: Flask, client: Browser, stripe: StripeDouble
) -> None:
    listing = live_listing(price=20_000)
    review = to_review(client, listing)
    with unit_of_work():
        db.session.get_one(Listing, listing.id).price_minor = 30_000
    stripe.always("create_tax_calculation", refuse(503))
    answer = post_form(client, review, "pay")
    assert (answer.status_code, path_of(answer)) == (303, review)
    assert LATER in client.get(review).get_data(as_text=True)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Hold)) == 0
    stripe.behave()
    fresh = path_of(post_form(client, review, "pay"))
    assert "$336.37" in words_of(client.get(fresh))


def test_a_calculation_about_to_expire_is_made_anew_before_paying(
    app: Flask, client: Browser, stripe: StripeDouble
) -> None:
    review = to_review(client, live_listing())
    number = checkout_of(review).number
    with unit_of_work():
        checkout = db.session.scalars(sa.select(Checkout).where(Checkout.number == number)).one()
        lines = {name: {**said, "expires_at": 1} for name, said in checkout.tax_quote["lines"].items()}
        checkout.tax_quote = {**checkout.tax_quote, "lines": lines}
    fresh = path_of(post_form(client, review, "pay"))
    assert fresh != review
    assert "out of date" in client.get(fresh).get_data(as_text=True)
    assert len(stripe.calculations) == 2
    assert post_form(client, fresh, "pay").status_code == 303


def test_the_help_page_shows_the_tables_rates_only_where_the_table_taxes(
    app: Flask, client: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Louisiana" in words_of(client.get("/help/prices"))
    with StripeDouble() as stripe, monkeypatch.context() as elsewhere:
        taxed_by(stripe, app, elsewhere)
        told = words_of(client.get("/help/prices"))
    assert "depends on the piece and on the address" in told
    assert "Louisiana" not in told
