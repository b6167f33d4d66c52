"""The questions the help answers. Each has a template of its own under ``templates/buyer/help/``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from flask_babel import lazy_gettext as _l

from marketplace.programme import Policy


class Chapter(StrEnum):
    """Whom a question is for; the help lists them chapter by chapter."""

    SELLING = "selling"
    BUYING = "buying"
    SUPPORT = "support"

    @property
    def label(self) -> str:
        return str(_CHAPTERS[self])


_CHAPTERS = {
    Chapter.SELLING: _l("Selling"),
    Chapter.BUYING: _l("Buying"),
    Chapter.SUPPORT: _l("Talking to us"),
}


@dataclass(frozen=True)
class Topic:
    """One question. ``slug`` is its address and its template's name."""

    slug: str
    chapter: Chapter
    title: str
    summary: str

    @property
    def template(self) -> str:
        return f"buyer/help/{self.slug.replace('-', '_')}.html"

    def is_answered(self, policy: Policy) -> bool:
        """Whether this programme has an answer: no word about a way of selling that is off."""
        if self.slug == CONSIGNING:
            return policy.modes.consignment.is_on
        if self.slug == BUYBACK:
            return policy.modes.buyback.is_on
        if self.slug == HANDING_OVER:
            return policy.modes.consignment.is_on or policy.modes.buyback.is_on
        return policy.modes.peer_to_peer or self.chapter is not Chapter.SELLING


CONSIGNING = "consigning"
BUYBACK = "buyback"
HANDING_OVER = "handing-over"

TOPICS = (
    Topic(
        CONSIGNING, Chapter.SELLING, _l("Let us sell for you"), _l("What we take, what we keep, and how long it takes")
    ),
    Topic(BUYBACK, Chapter.SELLING, _l("Sell a piece to us"), _l("What we buy, what we pay, and how long it takes")),
    Topic(
        HANDING_OVER,
        Chapter.SELLING,
        _l("How pieces come to us"),
        _l("Collection, points of the carrier and our stores"),
    ),
    Topic("who-can-sell", Chapter.SELLING, _l("Who can sell"), _l("Membership, your account and the way to a listing")),
    Topic("what-you-can-sell", Chapter.SELLING, _l("What you can sell"), _l("Pieces, collections and grades we take")),
    Topic("missing-purchase", Chapter.SELLING, _l("A purchase is missing"), _l("Why your history does not show it")),
    Topic("photos", Chapter.SELLING, _l("Taking photos"), _l("Views, light and close-ups")),
    Topic("pricing", Chapter.SELLING, _l("Naming your price"), _l("What we suggest, and what you decide")),
    Topic("review", Chapter.SELLING, _l("The review"), _l("What we look at, and how long it takes")),
    Topic("sending", Chapter.SELLING, _l("Sending a sold piece"), _l("The prepaid label and the days you have")),
    Topic("packing", Chapter.SELLING, _l("Packing"), _l("So that it arrives as it left")),
    Topic("getting-paid", Chapter.SELLING, _l("Getting paid"), _l("How much, when and in which form")),
    Topic("gift-cards", Chapter.SELLING, _l("Your gift card"), _l("Where it spends, and what to do when it is lost")),
    Topic("who-can-buy", Chapter.BUYING, _l("Who can buy"), _l("What you find here and how to pay for it")),
    Topic("prices", Chapter.BUYING, _l("Prices, shipping and tax"), _l("How a price comes about")),
    Topic("delivery", Chapter.BUYING, _l("Delivery"), _l("Where we ship and how long it takes")),
    Topic("when-it-arrives", Chapter.BUYING, _l("When it arrives"), _l("Confirm, rate, or tell us what is wrong")),
    Topic("problem", Chapter.BUYING, _l("Reporting a problem"), _l("Who answers by when, and where the money goes")),
    Topic("final-sale", Chapter.BUYING, _l("Returns"), _l("Final sale, and what protects you")),
    Topic("not-arrived", Chapter.BUYING, _l("It has not arrived"), _l("Late, lost and never sent")),
    Topic("contact", Chapter.SUPPORT, _l("Contact"), _l("E-mail, phone and chat, and who acts for us")),
)


def answered(policy: Policy) -> list[Topic]:
    """The questions this programme answers, in the order of the page."""
    return [topic for topic in TOPICS if topic.is_answered(policy)]


def topic_named(slug: str, policy: Policy) -> Topic | None:
    """The question at this address, or None."""
    return next((topic for topic in answered(policy) if topic.slug == slug), None)
