"""The tax port, held by every adapter alike: the table of the policy, and Stripe Tax."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask

from marketplace.money import Money
from marketplace.orders.tax import RecordedSale, TaxAdapter, TaxedSale, TaxLine, TaxQuote, TaxReversal, TaxTable, quoted
from marketplace.settings import Settings, UnsafeSettings
from tests.contracts import official
from tests.doubles.stripe import KEY, StripeDouble
from tests.orders.tax_doubles import adapter_of

TODAY = date(2026, 11, 20)
SHIP_TO = {
    "name": "Grace Buyer",
    "line1": "350 Fifth Avenue",
    "line2": "",
    "city": "New York",
    "region": "NY",
    "postcode": "10118",
    "country": "US",
    "phone": "",
}
SHIP_FROM = {**SHIP_TO, "line1": "77 Secret Garden Way", "city": "Portland", "region": "OR", "postcode": "97201"}


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def line(reference: str = "L1", price: int = 24_500, shipping: int = 895) -> TaxLine:
    return TaxLine(reference, usd(price), usd(shipping), "txcd_30060001", "txcd_92010001", SHIP_FROM)


@pytest.fixture
def double() -> Iterator[StripeDouble]:
    with StripeDouble() as running:
        yield running
        assert running.violations == []


@pytest.fixture(params=["table", "stripe"])
def adapter(request: pytest.FixtureRequest, app: Flask, double: StripeDouble) -> TaxAdapter:
    return TaxTable() if request.param == "table" else adapter_of(double)


def sold(adapter: TaxAdapter, quote: TaxQuote, reference: str) -> tuple[TaxedSale, RecordedSale]:
    part = quoted(quote.record, "L1")
    assert part is not None
    sale = TaxedSale(reference, part.calculation)
    return sale, adapter.record(sale, f"tax:{reference}")


def test_a_quote_has_a_tax_for_each_line_in_their_order(adapter: TaxAdapter) -> None:
    lines = [line("L1", 24_500), line("L2", 10), line("L3", 300_000, 0)]
    quote = adapter.quote(lines, SHIP_TO, TODAY, "form-1")
    assert quote.record["adapter"] == adapter.name
    parts = [quoted(quote.record, one.reference) for one in lines]
    assert [tax.minor for tax in quote.taxes] == [part.minor for part in parts if part]
    assert quote.taxes[2] > quote.taxes[0] > quote.taxes[1]
    assert {tax.currency for tax in quote.taxes} == {"USD"}
    last = parts[2]
    assert last is not None and last.on_shipping_minor == 0, "nothing shipped, nothing taxed"


def test_the_same_question_has_the_same_answer(adapter: TaxAdapter) -> None:
    first, second = (adapter.quote([line()], SHIP_TO, TODAY, "form-1") for _ in range(2))
    assert first == second


def test_a_sale_is_recorded_once_however_often_it_is_told(adapter: TaxAdapter) -> None:
    quote = adapter.quote([line()], SHIP_TO, TODAY, "form-1")
    sale, recorded = sold(adapter, quote, "R1")
    assert adapter.record(sale, "tax:R1") == recorded


def test_parts_are_taken_back_and_each_once(adapter: TaxAdapter) -> None:
    quote = adapter.quote([line()], SHIP_TO, TODAY, "form-1")
    _, recorded = sold(adapter, quote, "R1")
    part = quoted(quote.record, "L1")
    assert part is not None
    half = TaxReversal("R1-part-1", 12_250, part.on_price_minor // 2, 0, 0)
    rest = TaxReversal("R1-full", 12_250, part.on_price_minor - part.on_price_minor // 2, 895, part.on_shipping_minor)
    for reversal in (half, rest):
        names = {adapter.reverse(recorded, reversal, f"tax:{reversal.reference}") for _ in range(2)}
        assert len(names) == 1


# Stripe alone --------------------------------------------------------------------------------------------------------


def test_stripe_is_told_what_it_is_where_it_leaves_from_and_where_it_goes(app: Flask, double: StripeDouble) -> None:
    adapter_of(double).quote([line()], SHIP_TO, TODAY, "form-1")
    [call] = double.of("create_tax_calculation")
    sent = dict(call.form)
    assert sent["line_items[0][tax_code]"] == "txcd_30060001"
    assert sent["shipping_cost[tax_code]"] == "txcd_92010001"
    assert sent["line_items[0][tax_behavior]"] == sent["shipping_cost[tax_behavior]"] == "exclusive"
    assert sent["ship_from_details[address][postal_code]"] == "97201"
    assert sent["customer_details[address][state]"] == "NY"
    assert "Grace" not in call.body.decode(), "who lives there is nothing to the tax service"


def test_every_call_and_answer_is_as_stripe_describes_it(app: Flask, double: StripeDouble) -> None:
    official.required("stripe")
    ask = adapter_of(double)
    quote = ask.quote([line()], {**SHIP_TO, "line2": "Floor 3"}, TODAY, "form-1")
    _sale, recorded = sold(ask, quote, "R1")
    ask.reverse(recorded, TaxReversal("R1-part-1", 100, 8, 0, 0), "k")
    assert len(double.calls) == 3
    assert double.violations == []


def test_a_changed_price_is_another_question_under_the_same_form(app: Flask, double: StripeDouble) -> None:
    ask = adapter_of(double)
    first = ask.quote([line(price=24_500)], SHIP_TO, TODAY, "form-1")
    second = ask.quote([line(price=20_000)], SHIP_TO, TODAY, "form-1")
    assert second.taxes[0] < first.taxes[0]
    assert len(double.calculations) == 2


def test_what_stripe_holds_is_what_was_quoted_until_all_of_it_has_gone_back(app: Flask, double: StripeDouble) -> None:
    ask = adapter_of(double)
    quote = ask.quote([line()], SHIP_TO, TODAY, "form-1")
    _sale, recorded = sold(ask, quote, "R1")
    assert recorded.tax_minor == quote.taxes[0].minor
    booked = double.sale("R1")
    assert booked is not None and booked.tax_left == quote.taxes[0].minor
    part = quoted(quote.record, "L1")
    assert part is not None
    ask.reverse(recorded, TaxReversal("R1-full", 24_500, part.on_price_minor, 895, part.on_shipping_minor), "k")
    assert booked.tax_left == 0


def test_the_shop_starts_with_it_where_it_has_a_key() -> None:
    assert Settings.from_environment({"TAX": "stripe", "STRIPE_API_KEY": KEY}).payments == "sandbox"
    for key in ("", "pk_test_published"):
        with pytest.raises(UnsafeSettings, match="TAX=stripe need STRIPE_API_KEY"):
            Settings.from_environment({"TAX": "stripe", "STRIPE_API_KEY": key})
