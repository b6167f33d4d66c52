"""Stripe Tax behind the tax port: one calculation and one transaction a piece, as each leaves from another place.

``POST /v1/tax/calculations`` before paying, ``/v1/tax/transactions/create_from_calculation`` once the money is here,
``/v1/tax/transactions/create_reversal`` as it goes back. Stripe finds no transaction by our reference, so the answer to
"what became of it?" is the same request with the same key; a reference used twice is refused there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from marketplace.jobs.outbox import OutcomeUnknown
from marketplace.orders.tax import (
    AddressNotTaxable,
    LineTax,
    RecordedSale,
    TaxedSale,
    TaxLine,
    TaxQuote,
    TaxRefused,
    TaxReversal,
)
from marketplace.payments.stripe_api import RefusedByStripe, StripeAPI

if TYPE_CHECKING:
    from stripe.params.tax import CalculationCreateParams, TransactionCreateReversalParams
    from stripe.tax import Calculation, Transaction

EXCLUSIVE: Literal["exclusive"] = "exclusive"  # prices are shown without tax, which is added before paying (MK-15)
NOWHERE = "customer_tax_location_invalid"


class StripeTax:
    """The tax service of the account behind ``api``."""

    name = "stripe"

    def __init__(self, api: StripeAPI) -> None:
        self._api = api
        self._tax = api.client.v1.tax

    def trouble(self) -> str:
        return self._api.trouble()

    def quote(self, lines: Sequence[TaxLine], ship_to: Mapping[str, Any], on: date, key: str) -> TaxQuote:
        """Stripe's own day counts, so ``on`` is not sent: its tax date may be two days off at most."""
        return TaxQuote.of(self.name, lines, [self._calculate(line, ship_to, key) for line in lines])

    def _calculate(self, line: TaxLine, ship_to: Mapping[str, Any], key: str) -> LineTax:
        asked = _calculation(line, ship_to)
        name = _key_of(asked, key)
        try:
            answer = self._api.write(lambda: self._tax.calculations.create(asked, {"idempotency_key": name}))
        except RefusedByStripe as no:
            raise AddressNotTaxable() if str(no) == NOWHERE else TaxRefused(str(no)) from no
        return _read(line, answer)

    def record(self, sale: TaxedSale, key: str) -> RecordedSale:
        answer = self._write(
            lambda: self._tax.transactions.create_from_calculation(
                {"calculation": sale.calculation, "reference": sale.reference, "expand": ["line_items"]},
                {"idempotency_key": key},
            )
        )
        line = _only_line(answer)
        on_shipping = answer.shipping_cost.amount_tax if answer.shipping_cost else 0
        return RecordedSale(answer.id, line.id, line.amount_tax + on_shipping)

    def reverse(self, sale: RecordedSale, reversal: TaxReversal, key: str) -> str:
        """Always line by line: Stripe's full reversal would take back once more what went back in part."""
        asked = _reversal(sale, reversal)
        return self._write(lambda: self._tax.transactions.create_reversal(asked, {"idempotency_key": key})).id

    def _write(self, call: Any) -> Transaction:
        try:
            answer: Transaction = self._api.write(call)
        except RefusedByStripe as no:
            raise TaxRefused(str(no)) from no
        return answer


def _calculation(line: TaxLine, ship_to: Mapping[str, Any]) -> CalculationCreateParams:
    asked: CalculationCreateParams = {
        "currency": line.price.currency.lower(),
        "line_items": [
            {
                "amount": line.price.minor,
                "reference": line.reference,
                "tax_behavior": EXCLUSIVE,
                "tax_code": line.code,
            }
        ],
        "customer_details": {"address": _address(ship_to), "address_source": "shipping"},
        "ship_from_details": {"address": _address(line.ship_from)},
        "expand": ["line_items"],
    }
    if line.shipping:
        asked["shipping_cost"] = {
            "amount": line.shipping.minor,
            "tax_behavior": EXCLUSIVE,
            "tax_code": line.shipping_code,
        }
    return asked


def _address(said: Mapping[str, Any]) -> Any:
    """The place alone: who lives there is nothing to Stripe Tax."""
    parts = {"line1": "line1", "line2": "line2", "city": "city", "state": "region", "postal_code": "postcode"}
    return {"country": said["country"], **{name: said[ours] for name, ours in parts.items() if said.get(ours)}}


def _key_of(asked: Mapping[str, Any], key: str) -> str:
    """A key never stands for two requests (fault B15): a price that changed in between makes it another."""
    return f"tax-quote:{hashlib.sha256(json.dumps([key, asked], sort_keys=True).encode()).hexdigest()}"


def _read(line: TaxLine, answer: Calculation) -> LineTax:
    """The tax Stripe adds, if it answers what was asked; raises ``TaxRefused`` where the figures do not add up."""
    said = _only_line(answer)
    on_shipping = answer.shipping_cost.amount_tax if answer.shipping_cost else 0
    total = line.price.minor + line.shipping.minor + said.amount_tax + on_shipping
    if answer.amount_total != total or answer.currency != line.price.currency.lower() or not answer.id:
        raise TaxRefused(f"calculation {answer.id} is {answer.amount_total} {answer.currency}, expected {total}")
    return LineTax(said.amount_tax, on_shipping, answer.id, answer.expires_at or 0)


def _only_line(answer: Any) -> Any:
    """The one line we sent, as it stands there now; raises ``OutcomeUnknown`` where the answer lacks it."""
    lines = answer.line_items.data if answer.line_items else []
    if len(lines) != 1:
        raise OutcomeUnknown(f"{answer.id} came with {len(lines)} lines instead of one")
    return lines[0]


def _reversal(sale: RecordedSale, reversal: TaxReversal) -> TransactionCreateReversalParams:
    asked: TransactionCreateReversalParams = {
        "mode": "partial",
        "original_transaction": sale.transaction,
        "reference": reversal.reference,
        "line_items": [
            {
                "original_line_item": sale.line,
                "reference": reversal.reference,
                "amount": -reversal.price_minor,
                "amount_tax": -reversal.price_tax_minor,
            }
        ],
    }
    if reversal.shipping_minor:
        asked["shipping_cost"] = {"amount": -reversal.shipping_minor, "amount_tax": -reversal.shipping_tax_minor}
    return asked
