"""Stripe Tax as it behaves: calculations that expire, one transaction a reference, reversals that cannot exceed a line.

Mixed into the Stripe double, which knows keys, sign-in and the official description.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.contracts import stripe_tax as contract
from tests.contracts.forms import nested
from tests.doubles.server import Answer, Call, Double, answers

NINETY_DAYS = 90 * 24 * 60 * 60
MOST_REVERSALS = 30
NOWHERE = "00000"  # a ZIP code that Stripe cannot place
RATES = {"NY": ("8.875", True), "CA": ("9.875", False), "OR": ("0", False)}  # per cent, and whether shipping is taxed
ELSEWHERE = ("6.25", True)


class TaxRefusal(Exception):
    """A call that Stripe answers with 400."""

    def __init__(self, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        told = {"type": "invalid_request_error", "message": message, "code": code, "param": param}
        self.answer = Answer({"error": {key: value for key, value in told.items() if value}}, 400)


@dataclass
class Part:
    """An amount and its tax, of which some may have been taken back."""

    amount: int
    tax: int
    code: str
    reversed_amount: int = 0
    reversed_tax: int = 0

    def check(self, amount: int, tax: int, param: str) -> None:
        if amount > 0 or tax > 0:
            raise TaxRefusal("Amounts to reverse must be negative.", param=param)
        if self.reversed_amount - amount > self.amount or self.reversed_tax - tax > self.tax:
            raise TaxRefusal("The amount to reverse exceeds what is left of the line.", param=param)

    def take_back(self, amount: int, tax: int) -> None:
        self.reversed_amount -= amount
        self.reversed_tax -= tax


@dataclass
class Calculation:
    id: str
    currency: str
    customer: dict[str, Any]
    ship_from: dict[str, Any] | None
    lines: dict[str, Part]  # by reference
    shipping: Part | None
    rate: str
    made_at: int
    expires_at: int

    @property
    def tax(self) -> int:
        return sum(part.tax for part in self.parts)

    @property
    def parts(self) -> list[Part]:
        return [*self.lines.values(), *([self.shipping] if self.shipping else [])]


@dataclass
class Recorded:
    """A sale in the books. ``reversals`` are the references of what was taken back."""

    id: str
    reference: str
    calculation: Calculation
    line_ids: dict[str, str]  # by the line's reference
    reversals: list[str] = field(default_factory=list)

    @property
    def tax_left(self) -> int:
        return sum(part.tax - part.reversed_tax for part in self.calculation.parts)


class StripeTaxBooks(Double):
    """Calculations, transactions and reversals: mixed into a double that knows keys."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.calculations: dict[str, Calculation] = {}
        self.sales: dict[str, Recorded] = {}  # by id
        self.tax_references: set[str] = set()

    def sale(self, reference: str) -> Recorded | None:
        """The recorded sale of an order's number."""
        return next((sale for sale in self.sales.values() if sale.reference == reference), None)

    @property
    def tax_left(self) -> dict[str, int]:
        """By the sale's reference, the tax that was recorded and not taken back; minor units."""
        return {sale.reference: sale.tax_left for sale in self.sales.values()}

    def expire_calculations(self) -> None:
        for calculation in self.calculations.values():
            calculation.expires_at = int(time.time()) - 1

    @answers("POST", "/v1/tax/calculations")
    def create_tax_calculation(self, call: Call) -> Answer:
        return self._tax_answer(call, self._calculate)

    @answers("POST", "/v1/tax/transactions/create_from_calculation")
    def create_tax_transaction(self, call: Call) -> Answer:
        return self._tax_answer(call, self._record)

    @answers("POST", "/v1/tax/transactions/create_reversal")
    def create_tax_reversal(self, call: Call) -> Answer:
        return self._tax_answer(call, self._reverse)

    def _tax_answer(self, call: Call, work: Callable[[dict[str, Any]], dict[str, Any]]) -> Answer:
        """Do the work; what is asked and answered is held to our own short description."""
        form = nested(call.form)
        self.violations += contract.request_faults(call.operation, form)
        try:
            answer = work(form)
        except TaxRefusal as no:
            return no.answer
        self.violations += contract.answer_faults(call.operation, answer)
        return Answer(answer)

    # Calculating -----------------------------------------------------------------------------------------------------

    def _calculate(self, form: dict[str, Any]) -> dict[str, Any]:
        address = form["customer_details"]["address"]
        if address.get("postal_code") == NOWHERE:
            raise TaxRefusal(
                "We could not determine the customer's tax location based on the provided customer address.",
                code="customer_tax_location_invalid",
                param="customer_details[address]",
            )
        rate, shipping_is_taxed = RATES.get(address.get("state"), ELSEWHERE)
        shipping = form.get("shipping_cost")
        now = int(time.time())
        calculation = Calculation(
            id=f"taxcalc_{secrets.token_hex(9)}",
            currency=form["currency"],
            customer=_customer(form["customer_details"]),
            ship_from={"address": _address(form["ship_from_details"]["address"])}
            if "ship_from_details" in form
            else None,
            lines={line["reference"]: _part(line, rate) for line in form["line_items"].values()},
            shipping=_part(shipping, rate if shipping_is_taxed else "0") if shipping else None,
            rate=rate,
            made_at=now,
            expires_at=now + NINETY_DAYS,
        )
        self.calculations[calculation.id] = calculation
        return _calculation_json(calculation, expanded="line_items" in form.get("expand", {}).values())

    # Recording -------------------------------------------------------------------------------------------------------

    def _record(self, form: dict[str, Any]) -> dict[str, Any]:
        calculation = self.calculations.get(form["calculation"])
        if calculation is None:
            raise TaxRefusal(
                f"No such calculation: '{form['calculation']}'", code="resource_missing", param="calculation"
            )
        if calculation.expires_at <= time.time():
            raise TaxRefusal("This calculation has expired.", param="calculation")
        self._use_reference(form["reference"])
        ids = {reference: f"tax_li_{secrets.token_hex(7)}" for reference in calculation.lines}
        sale = Recorded(f"tax_{secrets.token_hex(12)}", form["reference"], calculation, ids)
        self.sales[sale.id] = sale
        lines = [
            _line_json(sale.line_ids[reference], reference, part.amount, part.tax, part.code)
            for reference, part in calculation.lines.items()
        ]
        shipping = calculation.shipping
        return _transaction_json(sale, sale.id, sale.reference, lines, shipping and _shipping_json(shipping), form)

    def _use_reference(self, reference: str) -> None:
        if reference in self.tax_references:
            raise TaxRefusal(f"A tax transaction with reference '{reference}' already exists.", param="reference")
        self.tax_references.add(reference)

    # Reversing -------------------------------------------------------------------------------------------------------

    def _reverse(self, form: dict[str, Any]) -> dict[str, Any]:
        sale = self.sales.get(form["original_transaction"])
        if sale is None:
            raise TaxRefusal("No such transaction.", code="resource_missing", param="original_transaction")
        if form["mode"] != "partial" or "flat_amount" in form:
            raise TaxRefusal("This double reverses line by line.", param="mode")
        if len(sale.reversals) >= MOST_REVERSALS:
            raise TaxRefusal("This transaction has been reversed too many times.")
        lines = [_Back(*_line_of(sale, line), line) for line in form.get("line_items", {}).values()]
        cost = form.get("shipping_cost")
        shipping = _Back("", _shipping_of(sale), cost) if cost else None
        asked = [*lines, *([shipping] if shipping else [])]
        if not asked:
            raise TaxRefusal("Nothing to reverse.", param="line_items")
        for back in asked:  # all of it or nothing
            back.part.check(back.amount, back.tax, "line_items" if back.name else "shipping_cost")
        self._use_reference(form["reference"])
        for back in asked:
            back.part.take_back(back.amount, back.tax)
        sale.reversals.append(form["reference"])
        told = [back.json for back in lines]
        cost_told = shipping and _shipping_json(Part(shipping.amount, shipping.tax, shipping.part.code))
        return _transaction_json(sale, f"tax_{secrets.token_hex(12)}", form["reference"], told, cost_told, form)


@dataclass
class _Back:
    """One line or the shipping, as somebody asks for it back; ``name`` is the line's own, empty for shipping."""

    name: str
    part: Part
    said: dict[str, Any]

    @property
    def amount(self) -> int:
        return int(self.said["amount"])

    @property
    def tax(self) -> int:
        return int(self.said["amount_tax"])

    @property
    def json(self) -> dict[str, Any]:
        new = f"tax_li_{secrets.token_hex(7)}"
        return _line_json(new, self.said["reference"], self.amount, self.tax, self.part.code, self.name)


def _line_of(sale: Recorded, said: dict[str, Any]) -> tuple[str, Part]:
    for reference, name in sale.line_ids.items():
        if name == said["original_line_item"]:
            return name, sale.calculation.lines[reference]
    raise TaxRefusal("No such line item.", code="resource_missing", param="line_items")


def _shipping_of(sale: Recorded) -> Part:
    if sale.calculation.shipping is None:
        raise TaxRefusal("There is no shipping to reverse.", param="shipping_cost")
    return sale.calculation.shipping


def _part(said: dict[str, Any], rate: str) -> Part:
    amount = int(said["amount"])
    tax = (Decimal(amount) * Decimal(rate) / 100).quantize(Decimal(1), ROUND_HALF_UP)
    return Part(amount, int(tax), said.get("tax_code", "txcd_99999999"))


# Documents -----------------------------------------------------------------------------------------------------------


def _address(said: dict[str, Any]) -> dict[str, Any]:
    names = ("city", "country", "line1", "line2", "postal_code", "state")
    return {name: said.get(name) or None for name in names}


def _customer(said: dict[str, Any]) -> dict[str, Any]:
    return {
        "address": _address(said["address"]),
        "address_source": said.get("address_source"),
        "ip_address": None,
        "tax_ids": [],
        "taxability_override": "none",
    }


def _shipping_json(part: Part) -> dict[str, Any]:
    return {"amount": part.amount, "amount_tax": part.tax, "tax_behavior": "exclusive", "tax_code": part.code}


def _list(url: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"object": "list", "data": rows, "has_more": False, "url": url}


def _calculation_json(made: Calculation, *, expanded: bool) -> dict[str, Any]:
    lines = [
        {
            "id": f"tax_li_{secrets.token_hex(7)}",
            "object": "tax.calculation_line_item",
            "amount": part.amount,
            "amount_tax": part.tax,
            "livemode": False,
            "metadata": None,
            "product": None,
            "quantity": 1,
            "reference": reference,
            "tax_behavior": "exclusive",
            "tax_breakdown": None,
            "tax_code": part.code,
        }
        for reference, part in made.lines.items()
    ]
    answer = {
        "id": made.id,
        "object": "tax.calculation",
        "amount_total": sum(part.amount + part.tax for part in made.parts),
        "currency": made.currency,
        "customer": None,
        "customer_details": made.customer,
        "expires_at": made.expires_at,
        "livemode": False,
        "ship_from_details": made.ship_from,
        "shipping_cost": _shipping_json(made.shipping) if made.shipping else None,
        "tax_amount_exclusive": made.tax,
        "tax_amount_inclusive": 0,
        "tax_breakdown": [_breakdown(made)],
        "tax_date": made.made_at,
    }
    return {**answer, "line_items": _list(f"/v1/tax/calculations/{made.id}/line_items", lines)} if expanded else answer


def _breakdown(made: Calculation) -> dict[str, Any]:
    return {
        "amount": made.tax,
        "inclusive": False,
        "tax_rate_details": {
            "country": made.customer["address"]["country"],
            "flat_amount": None,
            "percentage_decimal": made.rate,
            "rate_type": "percentage",
            "state": made.customer["address"]["state"],
            "tax_type": "sales_tax",
        },
        "taxability_reason": "standard_rated",
        "taxable_amount": sum(part.amount for part in made.parts if part.tax),
    }


def _line_json(name: str, reference: str, amount: int, tax: int, code: str, of: str | None = None) -> dict[str, Any]:
    return {
        "id": name,
        "object": "tax.transaction_line_item",
        "amount": amount,
        "amount_tax": tax,
        "livemode": False,
        "metadata": {},
        "product": None,
        "quantity": 1,
        "reference": reference,
        "reversal": {"original_line_item": of} if of else None,
        "tax_behavior": "exclusive",
        "tax_code": code,
        "type": "reversal" if of else "transaction",
    }


def _transaction_json(
    sale: Recorded,
    name: str,
    reference: str,
    lines: list[dict[str, Any]],
    shipping: dict[str, Any] | None,
    form: dict[str, Any],
) -> dict[str, Any]:
    now, is_sale = int(time.time()), name == sale.id
    answer = {
        "id": name,
        "object": "tax.transaction",
        "created": now,
        "currency": sale.calculation.currency,
        "customer": None,
        "customer_details": sale.calculation.customer,
        "livemode": False,
        "metadata": form.get("metadata", {}),
        "posted_at": now,
        "reference": reference,
        "reversal": None if is_sale else {"original_transaction": sale.id},
        "ship_from_details": sale.calculation.ship_from,
        "shipping_cost": shipping,
        "tax_date": sale.calculation.made_at,
        "type": "transaction" if is_sale else "reversal",
    }
    if "line_items" not in form.get("expand", {}).values():
        return answer
    return {**answer, "line_items": _list(f"/v1/tax/transactions/{name}/line_items", lines)}
