"""Reading what a machine sends: JSON only, small, each key once, every field of its kind (faults B20, X07, X14)."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, TypeVar

import msgspec
from flask import request
from msgspec import Meta

from marketplace import shapes
from marketplace.credits import codes
from marketplace.errors import Refusal
from marketplace.money import MOST_MINOR

MOST_BYTES = 8 * 1024
KEY = re.compile(r"\A[\x21-\x7e]{1,255}\Z")

Amount = Annotated[int, Meta(ge=1, le=MOST_MINOR)]  # minor units
Currency = Annotated[str, Meta(pattern=r"\A[A-Z]{3}\Z")]
Reference = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9][A-Za-z0-9 ._:/#-]{0,79}\Z")]
Code = Annotated[str, Meta(min_length=1, max_length=codes.LONGEST_TYPED)]

Address = Annotated[str, Meta(pattern=r"\A[^@\s]+@[^@\s]+\Z", max_length=254)]


class Unreadable(Refusal):
    """The call cannot be understood. ``code`` says how, in a word for machines."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a call's body may hold; the empty one holds nothing."""


class Issue(Body, frozen=True):
    """A card wanted, worth ``amount`` minor units; one a reference."""

    amount: Amount
    currency: Currency
    reference: Reference


class Lookup(Body, frozen=True):
    code: Code


class Redeem(Body, frozen=True):
    """``amount`` minor units to be spent from the card; ``reference`` is the till's receipt number."""

    code: Code
    amount: Amount
    currency: Currency
    reference: Reference


class LookupCredit(Body, frozen=True):
    email: Address


class RedeemCredit(Body, frozen=True):
    """``amount`` minor units to be spent of the credit of the customer with this address."""

    email: Address
    amount: Amount
    currency: Currency
    reference: Reference


B = TypeVar("B", bound=Body)


def keep_small(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """To be registered with a blueprint whose calls are small: a larger one is answered with 413, unread."""
    request.max_content_length = MOST_BYTES


def read_body(kind: type[B]) -> B:
    """The request's body as ``kind``; raises ``Unreadable`` (400, 415, 422)."""
    raw = request.get_data()
    if raw and request.mimetype != "application/json":
        raise Unreadable(415, "unsupported_media_type", "Send application/json.")
    try:
        return shapes.convert(_parse(raw or b"{}"), kind)
    except msgspec.ValidationError as trouble:
        raise Unreadable(422, "unprocessable", str(trouble)) from trouble


def _parse(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8"), object_pairs_hook=_each_key_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as trouble:
        raise Unreadable(400, "bad_json", "The body is not one JSON document with each key once.") from trouble


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def read_reference() -> str:
    """The ``reference`` of the query; raises ``Unreadable``."""
    try:
        return shapes.convert(request.args.get("reference", ""), Reference)
    except msgspec.ValidationError as trouble:
        raise Unreadable(422, "unprocessable", "Give one reference of up to 80 plain characters.") from trouble


def read_key() -> str:
    """The call's ``Idempotency-Key``; raises ``Unreadable``."""
    key = request.headers.get("Idempotency-Key", "")
    if not KEY.match(key):
        raise Unreadable(400, "idempotency_key_missing", "Send an Idempotency-Key of 1 to 255 visible characters.")
    return key
