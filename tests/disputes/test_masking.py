"""Contact details in messages are masked; what only looks a little like one stays."""

from __future__ import annotations

import pytest

from marketplace.disputes.masking import MASK, mask


@pytest.mark.fault("P12")
@pytest.mark.parametrize(
    "words",
    [
        "Write me at ada.quill@example.com please",
        "ada(at)example(dot)com",
        "Call +1 212 555 0142",
        "212-555-0142 or (212) 555 0142",
        "My shop is www.example.org/bags",
        "See https://example.com/x?y=1",
        "I am @ada.sells there",
        "adasells.shop has it cheaper",
    ],
)
def test_a_way_past_the_shop_is_masked(words: str) -> None:
    masked, was_masked = mask(words)
    assert was_masked
    assert MASK in masked
    for detail in ("example", "0142", "ada.sells", "adasells"):
        assert detail not in masked


@pytest.mark.parametrize(
    "words",
    [
        "The corner is worn, 3 cm long. I paid $245.00 on 12 May.",
        "Order R7K2M9QX, flaw 1 of 2.",
        "It came at 10:30. See photo 2.",
        "Bought in 2024 for 1,200 dollars",
    ],
)
def test_ordinary_words_stay(words: str) -> None:
    assert mask(words) == (words, False)
