"""Money: whole minor units and a currency. No floats, no fractions of a cent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.numbers import format_currency, get_currency_precision
from flask_babel import lazy_gettext as _l

from marketplace import locales
from marketplace.errors import Refusal

FULL = 10_000  # basis points in the whole
MOST_MINOR = 10**11  # a billion in a currency of two decimals: nothing sold here comes near

_AMOUNT = re.compile(r"\A([0-9]{1,9})(?:\.([0-9]{1,3}))?\Z")
_GROUPED = re.compile(r"\A[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]{1,3})?\Z")


class MoneyError(Refusal):
    """The text is not an amount in this currency."""

    message = _l("Enter an amount in figures, such as 120 or 120.50.")
    status = 422


@dataclass(frozen=True, order=False, slots=True)
class Money:
    """An amount in minor units (cents of USD, whole yen) of one ISO 4217 currency."""

    minor: int
    currency: str

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.minor <= other.minor

    def __bool__(self) -> bool:
        return self.minor != 0

    def share(self, basis_points: int) -> Money:
        """That share of the amount, rounded half up once (GAP-13)."""
        return Money((self.minor * basis_points * 2 + FULL) // (2 * FULL), self.currency)

    def split(self, weights: Sequence[int]) -> list[Money]:
        """Parts in proportion to ``weights`` that sum to the whole: largest remainder, ties to the first (GAP-13)."""
        total = sum(weights)
        if total <= 0 or any(weight < 0 for weight in weights):
            raise ValueError("weights must be non-negative with a positive sum")
        floors = [self.minor * weight // total for weight in weights]
        remainders = [self.minor * weight % total for weight in weights]
        left = self.minor - sum(floors)
        for index in sorted(range(len(weights)), key=lambda i: (-remainders[i], i))[:left]:
            floors[index] += 1
        return [Money(minor, self.currency) for minor in floors]

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls(0, currency)

    @classmethod
    def parse(cls, text: str, currency: str) -> Money:
        """The amount a person typed: ASCII figures, a point, at most the currency's decimals.

        Signs, exponents, other scripts' figures, underscores and a third decimal raise ``MoneyError`` (B20).
        """
        plain = text.strip(" ").removeprefix("$").strip(" ") if len(text) <= 20 else ""
        if _GROUPED.match(plain):
            plain = plain.replace(",", "")
        found = _AMOUNT.match(plain)
        precision = get_currency_precision(currency)
        if not found or len(found[2] or "") > precision:
            raise MoneyError()
        minor = int(found[1]) * 10**precision + int((found[2] or "").ljust(precision, "0") or 0)
        if minor > MOST_MINOR:
            raise MoneyError()
        return cls(minor, currency)

    @property
    def plain(self) -> str:
        """Figures and a point only, such as ``245.00``: for forms, feeds and exports."""
        precision = get_currency_precision(self.currency)
        if not precision:
            return str(self.minor)
        sign, minor = ("-", -self.minor) if self.minor < 0 else ("", self.minor)
        whole, part = divmod(minor, 10**precision)
        return f"{sign}{whole}.{part:0{precision}d}"


def format_money(money: Money, *, whole: bool = False) -> str:
    """The amount as the reader's locale writes it; ``whole`` drops ``.00`` where nothing is lost."""
    return _written(money, whole, locales.spoken())


@lru_cache(maxsize=4096)  # a page says the same few prices again and again, and every page of a shop does
def _written(money: Money, whole: bool, locale: str) -> str:
    digits = get_currency_precision(money.currency)
    if whole and money.minor % 10**digits == 0:
        usual = Locale.parse(locale).currency_formats["standard"].pattern  # "¤#,##0.00", in German "#,##0.00 ¤"
        units, written = Decimal(money.minor // 10**digits), usual.replace(".00", "")
        return str(format_currency(units, money.currency, written, locale, currency_digits=False))
    return str(format_currency(Decimal(money.plain), money.currency, locale=locale))
