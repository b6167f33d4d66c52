"""What a seller said about a piece, row by row, each with the way to change it."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _

from marketplace.listings.condition import flaw_words
from marketplace.listings.models import Listing
from marketplace.listings.permissions import can_edit
from marketplace.listings.photo_uploads import slots
from marketplace.listings.terms import of_seller
from marketplace.presentation import day, money
from marketplace.programme import Policy
from marketplace.shipping.postal import PostalAddress


def answers(listing: Listing) -> list[dict[str, Any]]:
    """Rows for ``definition_list``; the links to change them only while they can be changed."""
    policy = of_seller(listing)
    rows = [
        (_("Bought"), _bought(listing), None),
        (_("Comes with"), _comes_with(listing, policy), "details"),
        (_("Ships from"), _ships_from(listing), "details"),
        (_("Condition"), policy.condition.grade(listing.grade).label if listing.grade else "–", "condition"),
        (_("Flaws"), _flaws(listing, policy), "condition"),
        (_("Your words"), listing.words or "–", "condition"),
        (_("Price"), money(listing.price) if listing.price else "–", "price"),
    ]
    return [
        {"name": name, "value": value, "href": _change_url(listing, step), "link_label": _("Change")}
        for name, value, step in rows
    ]


def pictures(listing: Listing) -> list[dict[str, Any]]:
    """The photos as figures with the name of their view."""
    return [{**slot.photo, "caption": slot.label} for slot in slots(listing, of_seller(listing)) if slot.photo]


def _change_url(listing: Listing, step: str | None) -> str | None:
    return url_for(f"wizard.{step}.{step}", number=listing.number) if step and can_edit(listing) else None


def _bought(listing: Listing) -> str:
    if listing.purchased_on is None:
        return "–"
    return str(
        _(
            "%(day)s, for %(price)s new",
            day=day(listing.purchased_on, year=True, weekday=False),
            price=money(listing.original_price),
        )
    )


def _comes_with(listing: Listing, policy: Policy) -> str:
    labels = [accessory.label for accessory in policy.condition.comes_with if accessory.key in listing.includes]
    return ", ".join(labels) or str(_("The piece alone"))


def _ships_from(listing: Listing) -> str:
    return PostalAddress.of(listing.ships_from.postal).town if listing.ships_from else "–"


def _flaws(listing: Listing, policy: Policy) -> str:
    said = [flaw_words(flaw, policy.condition) + (f" ({flaw.note})" if flaw.note else "") for flaw in listing.flaws]
    return "; ".join(said) or str(_("None noted"))
