"""What may be sold: groups, categories, collections, channels."""

from __future__ import annotations

from typing import Any

from marketplace.listings import eligibility
from marketplace.orders import checkouts
from marketplace.people.models import Channel
from tests.accounts import an_account
from tests.programme import world
from tests.programme.rows import Behaviour, Row, Scene, words

WHAT = "/help/what-you-can-sell"
GROUP_OF_TOTES = "eligibility.categories[0].group"


def listable(**purchase: Any) -> Behaviour:
    """A purchase like this can be listed."""

    def begins(scene: Scene) -> None:
        listing = world.a_draft(**purchase)
        assert listing.state == "draft"

    return begins


def refused(words_of_refusal: str, **purchase: Any) -> Behaviour:
    """A purchase like this cannot be listed, and this is said."""

    def refuses(scene: Scene) -> None:
        bought = world.a_purchase(an_account(), **purchase)
        why = eligibility.purchase_refusal(bought, world.policy())
        assert why is not None
        assert words_of_refusal in str(why.message)

    return refuses


def taxed_as(code: str) -> Behaviour:
    """A tote is this to a tax service."""

    def asked(scene: Scene) -> None:
        (line,) = checkouts.tax_lines([world.a_live_listing()])
        assert line.code == code

    return asked


ROWS = [
    Row(
        "eligibility.groups[0].key",
        "ready-to-wear",
        refused("Clothing cannot be sold here."),
        page=WHAT,
        says="Ready-to-wear (totes",
        also={"eligibility.groups[2].key": "handbags"},
    ),
    words("eligibility.groups[0].label", "Evening bags", WHAT, says="Evening bags: totes"),
    Row(
        "eligibility.groups[0].refusal",
        "Bags are not taken in winter.",
        refused("Bags are not taken in winter."),
        page=WHAT,
        says="Bags are not taken in winter.",
    ),
    Row(
        "eligibility.groups[0].tax_code",
        "txcd_30011000",
        taxed_as("txcd_30011000"),
        untold="for the tax service; the buyer sees the tax itself",
    ),
    Row(
        "eligibility.categories[0].key",
        "carryall",
        listable(category="Carryall"),
        page="/help",
        says='href="/shop/carryall"',
    ),
    words("eligibility.categories[0].label", "Carryalls", "/how-it-works"),
    Row(GROUP_OF_TOTES, "shoes", refused("Shoes cannot be sold here."), page=WHAT, says="Shoes (totes and pumps)"),
    Row(
        "eligibility.refused_collections[0].key",
        "fall-2020",
        refused("part of the current collection", collection="fall-2020"),
        untold="the purchase file's word for the collection, which its label says to people",
    ),
    words("eligibility.refused_collections[0].label", "This season's pieces", WHAT),
    Row(
        "eligibility.refused_collections[0].refusal",
        "Still in our windows.",
        refused("Still in our windows.", collection="current"),
        page=WHAT,
        says="Still in our windows.",
    ),
    Row(
        "eligibility.channels",
        ["store"],
        refused("our own site or in our own stores", channel=Channel.WEB),
        page=WHAT,
        says="your Velorne Circle account, in a Velorne store.",
    ),
]
