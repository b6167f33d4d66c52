"""Codes of gift cards: long enough, readable, kept as hashes."""

from __future__ import annotations

import math

import pytest

from marketplace.credits import codes
from marketplace.database import CROCKFORD


def test_a_code_is_random_figures_of_more_than_128_bits_in_groups_of_four() -> None:
    code = codes.new_code()
    groups = code.split("-")
    assert [len(group) for group in groups] == [4] * 7
    assert set("".join(groups)) <= set(CROCKFORD)
    assert len("".join(groups)) * math.log2(len(CROCKFORD)) >= 128
    assert codes.last_four(code) == groups[-1]


def test_no_two_codes_are_alike_and_every_figure_comes_up() -> None:
    drawn = [codes.new_code().replace("-", "") for _ in range(500)]
    assert len(set(drawn)) == 500
    assert all({code[place] for code in drawn} == set(CROCKFORD) for place in range(codes.LENGTH))


@pytest.mark.parametrize(
    "typed",
    [
        "7Q2M-90XK-V4TN-8HWE-3RPZ-6CJB-1DYF",
        "7q2m90xkv4tn8hwe3rpz6cjb1dyf",
        " 7Q2M 90XK V4TN 8HWE 3RPZ 6CJB 1DYF ",
        "7Q2M-9OXK-V4TN-8HWE-3RPZ-6CJB-LDYF",
        "7Q2M-9oXK-V4TN-8HWE-3RPZ-6CJB-iDYF",
    ],
)
def test_a_code_is_known_however_it_was_typed(typed: str) -> None:
    assert codes.hash_of(typed) == codes.hash_of("7Q2M-90XK-V4TN-8HWE-3RPZ-6CJB-1DYF")


def test_one_figure_off_is_another_code() -> None:
    assert codes.hash_of("7Q2M-90XK-V4TN-8HWE-3RPZ-6CJB-1DYG") != codes.hash_of("7Q2M-90XK-V4TN-8HWE-3RPZ-6CJB-1DYF")


def test_a_book_in_place_of_a_code_is_not_read_to_its_end() -> None:
    assert codes.hash_of("A" * 80 + "B" * 10**6) == codes.hash_of("A" * 80)
