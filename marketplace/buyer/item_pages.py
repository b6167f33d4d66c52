"""One piece, as its page tells it: photographs, condition by part, where it comes from."""

from __future__ import annotations

from typing import Any

from flask import current_app
from flask_babel import gettext as _

from marketplace.buyer import cards
from marketplace.listings.finding import public_path
from marketplace.listings.models import Flaw, Listing
from marketplace.programme import versions
from marketplace.programme.policy import Policy


def item_page(listing: Listing, offer: str) -> dict[str, Any]:
    """What ``templates/buyer/item.html`` reads of the piece. Its words follow the policy it was made under."""
    policy = versions.published(listing.policy_version_id).policy
    return {
        "listing": {
            **cards.card(listing),
            "grade": cards.grade(listing.grade, policy),
            "shipping": cards.shipping_of(listing),
            "description": listing.words,
            "supply": listing.is_supply,
        },
        "photos": _photos(listing, policy),
        "parts": _parts(listing, policy),
        "facts": _facts(listing, policy),
        "provenance": {
            "bought_on": listing.purchased_on,
            "bought_from": listing.house,
            "reviewed_on": listing.reviewed_at or listing.live_at,
        },
        "terms": {
            "window_days": versions.current().policy.limits.confirmation_window_hours // 24,
            "ship_by_days": versions.current().policy.limits.ship_by_business_days,
        },
        "offer": offer,
        "canonical": current_app.config["SETTINGS"].public_url + public_path(listing),
        "description": _(
            "%(title)s, %(detail)s, %(grade)s. One piece only, reviewed before it was listed.",
            title=listing.title,
            detail=cards.detail(listing),
            grade=cards.grade(listing.grade, policy)["label"].lower(),
        ),
    }


def _flaw_words(flaw: Flaw, policy: Policy) -> str:
    kind, severity = policy.condition.flaw_kind(flaw.kind), policy.condition.severity(flaw.severity)
    words = ", ".join(found.label for found in (kind, severity) if found)
    return f"{words}: {flaw.note}" if flaw.note else words


def _photos(listing: Listing, policy: Policy) -> list[dict[str, Any]]:
    name = f"{listing.title}, {cards.detail(listing)}"
    shown = [cards.photo(picture, name, _("Library photo")) for picture in listing.item.style.pictures]
    of_flaws = {flaw.photo_id for flaw in listing.flaws}
    for taken in listing.photos:
        if taken.id not in of_flaws:
            slot = next((slot.label for slot in policy.photos.slots if slot.key == taken.slot), "")
            shown.append(cards.photo(taken, f"{name}: {slot}", cards.taken(taken.taken_at, by_seller=True)))
    pictured = [flaw for flaw in listing.flaws if flaw.photo is not None]
    for number, flaw in enumerate(pictured, 1):
        part = policy.condition.part(flaw.part)
        caption = _(
            "Flaw %(number)s of %(count)s — %(part)s",
            number=number,
            count=len(pictured),
            part=part.label.lower() if part else flaw.part,
        )
        if flaw.photo is not None:
            shown.append(cards.photo(flaw.photo, f"{name}: {_flaw_words(flaw, policy)}", caption, f"flaw-{number}"))
    return shown


def _parts(listing: Listing, policy: Policy) -> list[dict[str, Any]]:
    anchors = {
        flaw.id: f"flaw-{number}"
        for number, flaw in enumerate((flaw for flaw in listing.flaws if flaw.photo is not None), 1)
    }
    return [
        {
            "name": part.label,
            "text": part.clean,
            "flaws": [
                {"text": _flaw_words(flaw, policy), "anchor": anchors.get(flaw.id)}
                for flaw in listing.flaws
                if flaw.part == part.key
            ],
        }
        for part in policy.condition.parts
    ]


def _facts(listing: Listing, policy: Policy) -> list[tuple[str, str]]:
    included = [thing.label for thing in policy.condition.comes_with if thing.key in listing.includes]
    facts = [(_("Comes with"), ", ".join(included) or _("The piece alone"))]
    measures = listing.item.style.measurements
    if measures:
        facts.append((_("Measures"), " × ".join(_("%(cm)s cm", cm=f"{mm / 10:g}") for mm in measures.values())))
    if listing.hardware:
        facts.append((_("Hardware"), listing.hardware.capitalize()))
    if listing.size:
        facts.append((_("Size"), listing.size))
    facts.append((_("Style number"), listing.item.style.number))
    return facts
