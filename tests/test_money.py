"""Money: whole minor units, one rounding, nothing made and nothing lost."""

from __future__ import annotations

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from marketplace.money import FULL, Money, MoneyError, format_money

AMOUNTS = st.integers(-(10**11), 10**11)
SHARES = st.integers(0, FULL)
WEIGHTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=12).filter(any)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


# Sums and comparisons ------------------------------------------------------------------------------------------------


def test_amounts_of_one_currency_add_up() -> None:
    assert usd(24_500) + usd(795) - usd(295) == usd(25_000)
    assert -usd(5) == usd(-5)
    assert usd(1) < usd(2) <= usd(2)
    assert usd(3) > usd(2) >= usd(2)
    assert not usd(0)
    assert usd(-1)


@pytest.mark.parametrize("mix", [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a < b, lambda a, b: a <= b])
def test_two_currencies_do_not_mix(mix) -> None:
    with pytest.raises(ValueError, match="do not add up"):
        mix(usd(1), Money(1, "EUR"))


def test_the_same_figure_in_another_currency_is_another_amount() -> None:
    assert usd(100) != Money(100, "EUR")


# Rounding ------------------------------------------------------------------------------------------------------------


@pytest.mark.fault("G09")
@pytest.mark.parametrize(
    ("price", "payout"),
    [(1, 1), (2, 2), (3, 2), (7, 6), (10_000, 8_000), (12_345, 9_876), (99_999_999_999, 79_999_999_999)],
)
@pytest.mark.parametrize("currency", ["USD", "JPY"])
def test_a_share_is_rounded_half_up_once_and_the_rest_is_what_is_left(price: int, payout: int, currency: str) -> None:
    whole = Money(price, currency)
    share = whole.share(8_000)
    assert share == Money(payout, currency)
    assert share + (whole - share) == whole


@pytest.mark.parametrize(("minor", "basis_points", "half_up"), [(1, 5_000, 1), (3, 5_000, 2), (5, 1_000, 1)])
def test_exactly_half_goes_up(minor: int, basis_points: int, half_up: int) -> None:
    assert usd(minor).share(basis_points) == usd(half_up)


@given(AMOUNTS, SHARES)
def test_a_share_is_never_more_than_half_a_unit_off(minor: int, basis_points: int) -> None:
    error = usd(minor).share(basis_points).minor * FULL - minor * basis_points
    assert -FULL < 2 * error <= FULL


def test_a_split_gives_what_is_left_over_to_the_largest_remainder_and_ties_to_the_first() -> None:
    assert usd(100).split([1, 1, 1]) == [usd(34), usd(33), usd(33)]
    assert usd(1).split([1, 1]) == [usd(1), usd(0)]
    assert usd(10).split([1, 2]) == [usd(3), usd(7)]
    assert Money(7, "JPY").split([8, 2]) == [Money(6, "JPY"), Money(1, "JPY")]


@pytest.mark.fault("G09")
@given(AMOUNTS, WEIGHTS)
def test_the_parts_of_a_split_sum_to_the_whole_and_none_is_a_unit_off(minor: int, weights: list[int]) -> None:
    parts = usd(minor).split(weights)
    assert sum(part.minor for part in parts) == minor
    total = sum(weights)
    assert all(abs(part.minor * total - minor * weight) < total for part, weight in zip(parts, weights, strict=True))


@pytest.mark.parametrize("weights", [[], [0, 0], [2, -1]])
def test_weights_that_divide_nothing_are_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        usd(100).split(weights)


# What people type ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "minor"),
    [
        ("120", 12_000),
        ("120.5", 12_050),
        ("120.50", 12_050),
        (" $1,245.00 ", 124_500),
        ("$ 0.01", 1),
        ("0", 0),
        ("999999999.99", 99_999_999_999),
    ],
)
def test_an_amount_is_read_as_it_was_meant(typed: str, minor: int) -> None:
    assert Money.parse(typed, "USD") == usd(minor)


REFUSED = [
    "",
    " ",
    "-5",
    "+5",
    "NaN",
    "nan",
    "Infinity",
    "inf",
    "1e400",
    "1e3",
    "1e-9",
    "１２０",  # full-width figures
    "٣",  # Arabic figures
    "1_000",
    "1 000",
    "12 .5",
    "1.234",
    "1.2.3",
    "1,00",
    "1,0000",
    ",100",
    "100,",
    ".50",
    "5.",
    "0x10",
    "120\n",
    "\t120",
    "12\x000",
    "120\u00a0",
    "9223372036854775808",  # 2^63
    "1000000000",
    "1" * 100_000,
    "$$5",
    "5$",
    "5 USD",
]


@pytest.mark.parametrize("typed", REFUSED)
def test_what_is_not_plainly_an_amount_is_refused(typed: str) -> None:
    with pytest.raises(MoneyError):
        Money.parse(typed, "USD")


def test_a_refused_amount_says_what_to_type(app: Flask) -> None:
    with app.test_request_context(), pytest.raises(MoneyError) as refused:
        Money.parse("1e3", "USD")
    assert refused.value.status == 422
    assert str(refused.value.message) == "Enter an amount in figures, such as 120 or 120.50."


@pytest.mark.parametrize(("typed", "currency"), [("100.5", "JPY"), ("100.0", "JPY"), ("1.2345", "KWD")])
def test_no_currency_takes_more_decimals_than_it_has(typed: str, currency: str) -> None:
    with pytest.raises(MoneyError):
        Money.parse(typed, currency)


@pytest.mark.parametrize(
    ("typed", "currency", "minor"), [("100", "JPY", 100), ("1.234", "KWD", 1_234), ("1.2", "KWD", 1_200)]
)
def test_decimals_are_those_of_the_currency(typed: str, currency: str, minor: int) -> None:
    assert Money.parse(typed, currency) == Money(minor, currency)


@given(st.integers(0, 10**11 - 1), st.sampled_from(["USD", "JPY", "KWD"]))
def test_what_is_written_plainly_is_read_back(minor: int, currency: str) -> None:
    money = Money(minor % 10**9, currency)
    assert Money.parse(money.plain, currency) == money


# What people read ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("money", "plain"),
    [(usd(24_500), "245.00"), (usd(5), "0.05"), (usd(-105), "-1.05"), (Money(500, "JPY"), "500")],
)
def test_plain_figures_for_feeds_and_journals(money: Money, plain: str) -> None:
    assert money.plain == plain


def test_amounts_are_written_as_the_reader_writes_them(app: Flask) -> None:
    with app.test_request_context():
        assert format_money(usd(124_500)) == "$1,245.00"
        assert format_money(usd(124_500), whole=True) == "$1,245"
        assert format_money(usd(124_550), whole=True) == "$1,245.50"
        assert format_money(Money(1_500, "JPY")) == "¥1,500"
