"""The letter that brings the label: use it, pack well, hand it over where and by when."""

from __future__ import annotations

import pytest

from marketplace.mail.models import SandboxMail
from marketplace.orders.models import Order
from marketplace.programme import versions
from tests.accounts import mail_to
from tests.shipping.sales import labelled_order, parcel_of


@pytest.fixture
def order(app) -> Order:
    return labelled_order()


@pytest.fixture
def letter(order: Order) -> SandboxMail:
    assert order.seller is not None
    (letter,) = [letter for letter in mail_to(order.seller.email) if letter.message == "label"]
    return letter


@pytest.mark.rule("MK-34", "MK-35")
def test_the_label_comes_with_the_letter_and_is_the_one_to_use(order: Order, letter: SandboxMail) -> None:
    assert letter.attachment == parcel_of(order).label_pdf
    assert letter.attachment_name == "shipping-label.pdf"
    assert "Use this label" in letter.text
    assert f"/sell/sales/{order.number}/label.pdf" in letter.text


@pytest.mark.rule("MK-38")
def test_it_says_where_to_hand_over_and_how_to_have_it_fetched(letter: SandboxMail) -> None:
    shipping = versions.current().policy.shipping
    assert shipping.drop_off.url == "https://tools.usps.com/locations/"
    for place in (shipping.drop_off.url, shipping.pickup.url, "Free pickup"):
        assert place in letter.text


@pytest.mark.rule("MK-39", "MK-40")
def test_it_says_how_to_pack(letter: SandboxMail) -> None:
    words = " ".join(letter.text.split())
    for advice in ("care label", "empty every pocket", "fits its size and shape", "recycled material", "free box"):
        assert advice in words


def test_the_letter_names_nobody_on_the_other_side(letter: SandboxMail) -> None:
    for private in ("Grace Buyer", "Fifth Avenue", "10118"):
        assert private not in letter.text + letter.html
