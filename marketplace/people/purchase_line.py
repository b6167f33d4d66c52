"""One line of the purchase file: which values it has, and what each must be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache

import msgspec

from marketplace.money import Money, MoneyError
from marketplace.people.emails import EmailRefused, clean_email
from marketplace.people.models import Channel
from marketplace.text import TextRefused, TextTooLong, clean_text

COLUMNS = (
    *("order_number", "line_number", "channel", "purchased_on", "returned_on", "loyalty_number", "email"),
    *("style_number", "title", "house", "category", "collection", "colour", "size", "quantity"),
    *("list_price", "price_paid", "currency", "store"),
)

_LENGTHS = {
    "order_number": 40,
    "loyalty_number": 40,
    "style_number": 40,
    "title": 120,
    "house": 60,
    "category": 40,
    "collection": 40,
    "colour": 40,
    "size": 20,
    "store": 80,
}

_CHANNELS = {channel.value: channel for channel in Channel}
_WHOLE = re.compile(r"\A[0-9]{1,6}\Z")
_DATE = re.compile(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


class BadCell(Exception):
    """One value cannot be used."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(f"{column}: {reason}")
        self.column, self.reason = column, reason


class PurchaseLine(msgspec.Struct, frozen=True):
    """One line as it was understood. ``line`` is its number in the file; prices are minor units for one piece."""

    line: int
    order_number: str
    line_number: int
    channel: Channel
    purchased_on: date
    returned_on: date | None
    loyalty_number: str
    email: str
    style_number: str
    title: str
    house: str
    category: str
    collection: str
    colour: str
    size: str
    quantity: int
    list_price_minor: int
    price_paid_minor: int
    currency: str
    store: str


def purchase_of(number: int, cells: Mapping[str, str], *, currency: str, today: date) -> PurchaseLine:
    """The purchase in the cells of line ``number``; raises ``BadCell`` at the first value that cannot be used."""
    channel = _channel(cells["channel"])
    purchased_on = _day(cells, "purchased_on")
    if purchased_on is None:
        raise BadCell("purchased_on", "empty")
    returned_on = _day(cells, "returned_on")
    if max(purchased_on, returned_on or purchased_on) > today:
        raise BadCell("returned_on" if purchased_on <= today else "purchased_on", "in the future")
    if returned_on and returned_on < purchased_on:
        raise BadCell("returned_on", "before purchased_on")
    if cells["currency"] != currency:
        raise BadCell("currency", f"this programme trades in {currency}")
    list_price = _amount(cells, "list_price", currency)
    if not list_price:
        raise BadCell("list_price", "more than nothing is needed")
    return PurchaseLine(
        line=number,
        order_number=_text(cells, "order_number"),
        line_number=_whole(cells, "line_number"),
        channel=channel,
        purchased_on=purchased_on,
        returned_on=returned_on,
        loyalty_number=_text(cells, "loyalty_number", required=False),
        email=_email(cells["email"]),
        style_number=_text(cells, "style_number"),
        title=_text(cells, "title"),
        house=_text(cells, "house"),
        category=_text(cells, "category"),
        collection=_text(cells, "collection", required=False),
        colour=_text(cells, "colour"),
        size=_text(cells, "size", required=False),
        quantity=_whole(cells, "quantity"),
        list_price_minor=list_price,
        price_paid_minor=_amount(cells, "price_paid", currency),
        currency=currency,
        store=_text(cells, "store", required=channel is Channel.STORE),
    )


# A history names the same few prices, days, styles and colours again and again: each is read once.
_once = lru_cache(maxsize=4096)


def _amount(cells: Mapping[str, str], column: str, currency: str) -> int:
    try:
        return _minor(cells[column], currency)
    except MoneyError:
        raise BadCell(column, f"not an amount in {currency}: write figures and a point") from None


@_once
def _minor(text: str, currency: str) -> int:
    return Money.parse(text, currency).minor


def _text(cells: Mapping[str, str], column: str, *, required: bool = True) -> str:
    return _cleaned(cells[column], column, required)


@_once
def _cleaned(text: str, column: str, required: bool) -> str:
    longest = _LENGTHS[column]
    try:
        text = clean_text(text, longest)
    except TextTooLong:
        raise BadCell(column, f"longer than {longest} characters") from None
    except TextRefused:
        raise BadCell(column, "holds control or hidden characters") from None
    if required and not text:
        raise BadCell(column, "empty")
    return text


def _whole(cells: Mapping[str, str], column: str) -> int:
    text = cells[column]
    if not _WHOLE.match(text) or int(text) < 1:
        raise BadCell(column, "a whole number from 1 is needed")
    return int(text)


def _day(cells: Mapping[str, str], column: str) -> date | None:
    text = cells[column]
    try:
        return _date(text) if text else None
    except ValueError:
        raise BadCell(column, "not a date like 2026-11-26") from None


@_once
def _date(text: str) -> date:
    return date.fromisoformat(text if _DATE.match(text) else "")


def _channel(text: str) -> Channel:
    try:
        return _CHANNELS[text]
    except KeyError:
        raise BadCell("channel", f"one of {', '.join(Channel)} is needed") from None


def _email(text: str) -> str:
    if not text.strip():
        return ""
    try:
        return clean_email(text)
    except EmailRefused:
        raise BadCell("email", "not an e-mail address") from None
