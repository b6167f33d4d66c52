"""Shippo's objects, as much of them as we use, read from the raw JSON of its answers.

What is unknown is tolerated: further fields are skipped, an enum's value is any text, a rate that cannot be read is
left out. What cannot be made sense of at all raises ``Unreadable``.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Annotated, Any, TypeVar

import msgspec
from babel.numbers import get_currency_precision

from marketplace import shapes
from marketplace.money import Money, MoneyError
from marketplace.shipping.track_objects import visible

T = TypeVar("T")

WAITING = frozenset({"WAITING", "QUEUED"})
FAILED = frozenset({"ERROR"})
TAKEN_BACK = frozenset({"REFUNDED", "REFUNDPENDING"})
REFUND_REJECTED = "REFUNDREJECTED"

LONGEST_WORDS = 300

_Ref = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]


class Unreadable(Exception):
    """The bytes are not what Shippo's description promises."""


class ServiceOfRate(msgspec.Struct):
    token: str | None = None
    name: str | None = None


class Rate(msgspec.Struct):
    """The price of carrying one shipment by one service. Amounts are decimal text."""

    object_id: _Ref
    amount: str | float | None = None
    currency: str | None = None
    amount_local: str | float | None = None
    currency_local: str | None = None
    servicelevel: ServiceOfRate | None = None

    @property
    def token(self) -> str:
        return ((self.servicelevel and self.servicelevel.token) or "").lower()

    def price(self, currency: str) -> Money | None:
        """What it costs in ``currency``; None where Shippo names no price in it."""
        for amount, named in ((self.amount, self.currency), (self.amount_local, self.currency_local)):
            if amount is not None and (named or "").upper() == currency:
                return _money(amount, currency)
        return None


class Validation(msgspec.Struct):
    is_valid: bool | None = None
    messages: Any = None


class Address(msgspec.Struct):
    """An address as Shippo would write it, and whether it is one."""

    name: str | None = None
    street1: str | None = None
    street2: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None
    validation_results: Validation | None = None

    @property
    def is_invalid(self) -> bool:
        """Whether the carrier says no; silence is no objection."""
        return self.validation_results is not None and self.validation_results.is_valid is False

    @property
    def objection(self) -> str:
        """Why the carrier says no, where it says why."""
        return words_of(self.validation_results.messages) if self.validation_results else ""


class Shipment(msgspec.Struct):
    object_id: _Ref
    status: str | None = None
    rates: list[msgspec.Raw] | None = None
    messages: Any = None
    address_from: Any = None
    address_to: Any = None

    @property
    def readable_rates(self) -> Iterator[Rate]:
        for raw in self.rates or ():
            try:
                yield read(raw, Rate)
            except Unreadable:
                continue

    @property
    def invalid_addresses(self) -> Iterator[Address]:
        for end in (self.address_from, self.address_to):
            try:
                address = shapes.convert(end, Address)
            except msgspec.ValidationError:
                continue  # its name alone, as older answers give it
            if address.is_invalid:
                yield address


class Transaction(msgspec.Struct):
    """A label bought, being bought, or not sold."""

    object_id: _Ref
    status: str | None = None
    rate: Any = None
    metadata: Any = None
    tracking_number: str | None = None
    tracking_url_provider: str | None = None
    label_url: str | None = None
    messages: Any = None

    @property
    def rate_ref(self) -> str | None:
        """The rate's name: Shippo gives it alone or with the rate around it."""
        named = self.rate.get("object_id") if isinstance(self.rate, dict) else self.rate
        return named if isinstance(named, str) else None

    @property
    def is_label(self) -> bool:
        """Whether there is a label to be had, whatever new word Shippo may have for that."""
        refused = self.status in WAITING | FAILED | TAKEN_BACK
        return bool(not refused and self.tracking_number and self.label_url)


class Refund(msgspec.Struct):
    """A label given back: ``QUEUED`` and ``PENDING`` until its carrier has looked."""

    object_id: _Ref
    status: str | None = None
    transaction: str | None = None


class _Page(msgspec.Struct):
    results: list[msgspec.Raw] | None = None


def read(body: bytes | msgspec.Raw, kind: type[T]) -> T:
    """One object. Raises ``Unreadable``."""
    try:
        return shapes.decode(body, kind)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as trouble:
        raise Unreadable(str(trouble)[:LONGEST_WORDS]) from None


def read_page(body: bytes, kind: type[T]) -> list[T]:
    """The objects of a list's page. Raises ``Unreadable``: a list with a hole in it proves no absence."""
    return [read(raw, kind) for raw in read(body, _Page).results or ()]


def words_of(said: Any) -> str:
    """What Shippo says for people: the texts in ``messages`` or in an error's body, however they are wrapped."""
    return visible("; ".join(dict.fromkeys(_texts(said))), LONGEST_WORDS)


def _texts(said: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(said, str) and said.strip():
        yield " ".join(said.split())
    elif depth > 4:
        return
    elif isinstance(said, dict):
        told = said.get("text") or list(said.values())
        yield from _texts(told, depth + 1)
    elif isinstance(said, list):
        for one in said[:10]:
            yield from _texts(one, depth + 1)


def _money(amount: str | float, currency: str) -> Money | None:
    unit = Decimal(1).scaleb(-get_currency_precision(currency))
    try:
        return Money.parse(f"{Decimal(str(amount)).quantize(unit, ROUND_HALF_UP):f}", currency)
    except (InvalidOperation, MoneyError):
        return None
