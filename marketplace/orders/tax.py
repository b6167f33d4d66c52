"""Tax, quoted before paying: what is shown is what is charged. Always current, never pinned (GAP-18).

A quote is recorded at the tax service when the money is here, and reversed as far as money goes back
(``orders.tax_books``); an adapter that keeps no books names no calculation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Protocol, cast

import msgspec
from flask import current_app
from flask_babel import lazy_gettext as _l

from marketplace import shapes
from marketplace.errors import Refusal
from marketplace.money import Money
from marketplace.programme import versions


class AddressNotTaxable(Refusal):
    """The tax service cannot place the buyer's address, so nobody can say what tax is due there."""

    message = _l(
        "We could not find this address to work out its sales tax. Check the street, the city and the ZIP code."
    )
    status = 422


class TaxRefused(Exception):
    """The tax service says no, for good; the text is its own, for staff."""


@dataclass(frozen=True)
class TaxLine:
    """One piece before tax. ``code`` and ``shipping_code`` say what kind of thing is taxed, ``ship_from`` whence."""

    reference: str
    price: Money
    shipping: Money
    code: str
    shipping_code: str
    ship_from: Mapping[str, Any]


class LineTax(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a quote says of one line, as the checkout keeps it; minor units.

    ``calculation`` is the tax service's name for it, usable until ``expires_at`` (seconds of wall time).
    """

    on_price_minor: int
    on_shipping_minor: int
    calculation: str = ""
    expires_at: int = 0

    @property
    def minor(self) -> int:
        return self.on_price_minor + self.on_shipping_minor


@dataclass(frozen=True)
class TaxQuote:
    """The tax of each line, in their order, and the adapter's answer as the checkout remembers it."""

    taxes: tuple[Money, ...]
    record: dict[str, Any]

    @classmethod
    def of(cls, adapter: str, lines: Sequence[TaxLine], parts: Sequence[LineTax], **facts: Any) -> TaxQuote:
        """A quote with its parts by the lines' references; ``facts`` are the adapter's own."""
        taxes = tuple(Money(part.minor, line.price.currency) for line, part in zip(lines, parts, strict=True))
        kept = {line.reference: msgspec.to_builtins(part) for line, part in zip(lines, parts, strict=True)}
        return cls(taxes, {"adapter": adapter, **facts, "lines": kept})


def quoted(record: Mapping[str, Any], reference: str) -> LineTax | None:
    """What a checkout's quote says of one line; None where it says nothing of lines."""
    said = record.get("lines", {}).get(reference)
    return None if said is None else shapes.convert(said, LineTax)


def is_out_of_date(record: Mapping[str, Any], at: datetime) -> bool:
    """Whether a calculation of this quote cannot be recorded any more at ``at`` (wall time)."""
    expiries = [part.get("expires_at", 0) for part in record.get("lines", {}).values()]
    return any(expiry and datetime.fromtimestamp(expiry, UTC) <= at for expiry in expiries)


@dataclass(frozen=True)
class TaxedSale:
    """A quoted line that was paid; ``reference`` is the order's number, unique at the service."""

    reference: str
    calculation: str


@dataclass(frozen=True)
class RecordedSale:
    """A sale in the service's books: its name there, its one line's name, and the tax it holds (minor units)."""

    transaction: str
    line: str
    tax_minor: int


@dataclass(frozen=True)
class TaxReversal:
    """What goes back of a recorded sale, tax apart; minor units, never negative. ``reference`` is unique there."""

    reference: str
    price_minor: int
    price_tax_minor: int
    shipping_minor: int
    shipping_tax_minor: int


class TaxAdapter(Protocol):
    """Asked outside any transaction: an adapter may call abroad.

    Every call may raise ``jobs.outbox.NotDone`` (certainly nothing happened), ``OutcomeUnknown``, ``Misused``
    or ``TaxRefused``.
    The same key gives the same answer, also after a crash: with it an unknown outcome is looked up.
    """

    name: str

    def quote(self, lines: Sequence[TaxLine], ship_to: Mapping[str, Any], on: date, key: str) -> TaxQuote:
        """The tax of each line; raises ``AddressNotTaxable`` besides."""
        ...

    def record(self, sale: TaxedSale, key: str) -> RecordedSale:
        """Enter a paid line into the service's books, once."""
        ...

    def reverse(self, sale: RecordedSale, reversal: TaxReversal, key: str) -> str:
        """Take a part of a recorded sale back, once; returns the service's name for it."""
        ...

    def trouble(self) -> str:
        """Why no tax could be asked for right now, after one brief question; empty where it could."""
        ...


class TaxTable:
    """Rates of the policy in force, by region and date. The table keeps no books: nothing is recorded."""

    name = "table"

    def quote(self, lines: Sequence[TaxLine], ship_to: Mapping[str, Any], on: date, key: str) -> TaxQuote:
        policy = versions.current().policy
        rate = policy.tax.rate_on(on, ship_to["region"])
        parts = [_by_rate(line, rate, shipping_taxable=policy.tax.shipping_taxable) for line in lines]
        return TaxQuote.of(self.name, lines, parts, region=ship_to["region"], basis_points=rate)

    def record(self, sale: TaxedSale, key: str) -> RecordedSale:
        return RecordedSale("", "", 0)

    def reverse(self, sale: RecordedSale, reversal: TaxReversal, key: str) -> str:
        return ""

    def trouble(self) -> str:
        return ""


def _by_rate(line: TaxLine, rate: int, *, shipping_taxable: bool) -> LineTax:
    """One rounding a line; what falls on shipping is its share of that."""
    if not shipping_taxable:
        return LineTax(line.price.share(rate).minor, 0)
    on_price, on_shipping = (line.price + line.shipping).share(rate).split([line.price.minor, line.shipping.minor])
    return LineTax(on_price.minor, on_shipping.minor)


def adapter() -> TaxAdapter:
    """The tax adapter this deployment runs with."""
    return cast("TaxAdapter", current_app.extensions["tax"])
