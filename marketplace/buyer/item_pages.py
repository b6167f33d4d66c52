"""One piece, as its page tells it: photographs, condition by part, where it comes from, how its seller has done."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from marketplace.buyer import cards
from marketplace.buyer.structured import absolute, description, page_title, structured
from marketplace.listings import piece as pieces
from marketplace.listings.condition import wear_words
from marketplace.listings.finding import public_path
from marketplace.listings.piece import Picture
from marketplace.listings.showing import photo_url
from marketplace.listings.suggestion import age_words, months_between
from marketplace.orders import seller_record
from marketplace.presentation import day
from marketplace.programme import versions, wording
from marketplace.programme.policy import Policy
from marketplace.programme.wording import in_sentence

_RECORD = seller_record.by_seller(pieces.this_seller())
_PIECE = pieces.statement(_RECORD.c.sales, _RECORD.c.as_described, _RECORD.c.sent, _RECORD.c.on_time, of_seller=_RECORD)


def public_piece(number: str) -> Any:
    """The row that the page of a public piece is made of; raises ``NotFound``."""
    return pieces.read(_PIECE, number)


def item_page(piece: Any, pictures: list[Picture], offer: str, trail: list[tuple[str, str]]) -> dict[str, Any]:
    """What ``templates/buyer/item.html`` reads of the piece. Its words follow the policy it was made under."""
    policy, now = versions.published(piece.policy_version_id).policy, versions.current().policy
    photos = _photos(piece, pictures, policy)
    shown = pieces.shown(piece, next((picture.file for picture in pictures if picture.key), None))
    page: dict[str, Any] = {
        "listing": {
            **cards.card(shown),
            "grade": cards.grade(piece.grade, policy),
            "shipping": cards.shipping_of(shown),
            "description": piece.words,
            "supply": shown.is_supply,
            "reason": _price_reason(piece, policy),
        },
        "photos": photos,
        "parts": _parts(pictures, policy),
        "facts": _facts(piece, policy),
        "provenance": {
            "bought_on": piece.purchased_on,
            "bought_from": piece.house,
            "sold_here_on": piece.sold_here_at,
            "reviewed_on": piece.reviewed_at or piece.live_at,
        },
        "record": _record(piece, now),
        "terms": {
            "window_days": now.limits.confirmation_window_hours // 24,
            "ship_by_days": now.limits.ship_by_business_days,
            "final_sale": now.texts.final_sale,
        },
        "offer": offer,
        "alike": {"category": piece.category, "asked": [("style", piece.title), ("colour", piece.colour)]},
        "canonical": absolute(public_path(shown)),
        "similar": cards.cards(pieces.alike(piece)),
        "social": absolute(url_for("social.picture", number=piece.number)),
    }
    page |= {"page_title": page_title(page["listing"], piece, now), "description": description(page["listing"])}
    return {**page, "structured": structured(page, piece, trail, now)}


def _price_reason(piece: Any, policy: Policy) -> str | None:
    """Why it costs less than new, from the same facts as the suggestion to its seller (MK-50)."""
    if piece.price_minor is None or piece.price_minor >= piece.original_price_minor or piece.purchased_on is None:
        return None
    grade = cards.grade(piece.grade, policy)["label"]
    months = months_between(piece.purchased_on, piece.live_at.astimezone(policy.calendar.zone).date())
    return str(_("When it was listed: %(grade)s, %(age)s.", grade=grade, age=age_words(months)))


def _flaw_words(flaw: Picture, policy: Policy) -> str:
    words = wear_words(flaw.kind, flaw.severity, policy.condition)
    return f"{words}: {flaw.note}" if flaw.note else words


def _photos(piece: Any, pictures: list[Picture], policy: Policy) -> list[dict[str, Any]]:
    """Every photograph with who took it and when, those of flaws last and counted."""
    name = f"{piece.title}, {cards.detail(piece)}"
    slots = {slot.key: slot.label for slot in policy.photos.slots}
    of_flaws = [picture for picture in pictures if picture.part and picture.key]
    shown = []
    for picture in pictures:
        if picture.key is None or picture.part:
            continue
        alt = f"{name}: {slots.get(picture.slot, '')}" if picture.by_seller else name
        shown.append(_photo(picture, alt, _taken(picture, piece)))
    for number, picture in enumerate(of_flaws, 1):
        caption = _flaw_caption(picture, number, len(of_flaws), policy)
        words = f"{name}: {_flaw_words(picture, policy)}"
        shown.append(_photo(picture, words, f"{caption}. {_taken(picture, piece)}", f"flaw-{number}"))
    return shown


def _photo(picture: Picture, alt: str, caption: str, anchor: str | None = None) -> dict[str, Any]:
    large = max(int(width) for width in picture.widths or ())
    shown = cards.photo(picture.file, alt, caption, anchor)
    return {**shown, "large": photo_url(str(picture.key), large), "large_width": large}


def _flaw_caption(flaw: Picture, number: int, count: int, policy: Policy) -> str:
    part = policy.condition.part(flaw.part or "")
    name = in_sentence(part.label) if part else flaw.part
    return str(_("Flaw %(number)s of %(count)s — %(part)s", number=number, count=count, part=name))


def _taken(picture: Picture, piece: Any) -> str:
    """Who took a photograph and when, as its caption says it; those of a piece without a seller are ours (NAP-16)."""
    house = piece.house
    if picture.by_seller and picture.taken_at:
        on = day(picture.taken_at, year=True, weekday=False)
        return str(
            _("Our photo, %(day)s", day=on) if piece.seller_id is None else _("Photo by the seller, %(day)s", day=on)
        )
    if picture.taken_on:
        on = day(picture.taken_on, year=True, weekday=False)
        return str(_("Library photo by %(house)s, %(day)s: the style, not this piece", house=house, day=on))
    return str(_("Library photo by %(house)s: the style, not this piece", house=house))


def _parts(pictures: list[Picture], policy: Policy) -> list[dict[str, Any]]:
    """Each part of the policy with its flaws, each tied to its photograph."""
    flaws: dict[str, list[dict[str, Any]]] = {}
    seen = 0
    for picture in pictures:
        if picture.part:
            seen += picture.key is not None
            anchor = f"flaw-{seen}" if picture.key else None
            flaws.setdefault(picture.part, []).append({"text": _flaw_words(picture, policy), "anchor": anchor})
    return [
        {"name": part.label, "text": part.clean, "flaws": flaws.get(part.key, [])} for part in policy.condition.parts
    ]


def _facts(piece: Any, policy: Policy) -> list[tuple[str, str]]:
    included = [thing.label for thing in policy.condition.comes_with if thing.key in piece.includes]
    facts = [(_("Comes with"), ", ".join(included) or _("The piece alone"))]
    if piece.measurements:
        facts.append((_("Measures"), measures(piece.measurements, policy.market.country)))
    if piece.hardware:
        facts.append((_("Hardware finish"), piece.hardware.capitalize()))
    if piece.size:
        facts.append((_("Size"), piece.size))
    if piece.material or piece.hardware:  # what an owner described to us has no style number but our own
        facts.append((_("Style number"), piece.style_number))
    return facts


def measures(measurements: dict[str, int], country: str) -> str:
    """``34 cm wide, 28 cm high``, in the United States ``13.4 in wide, 11 in high``: each as the style knows it."""
    if country == "US":
        mm_in_one = Decimal("25.4")
        names = {"width": _("%(length)s in wide"), "height": _("%(length)s in high"), "depth": _("%(length)s in deep")}
    else:
        mm_in_one = Decimal(10)
        names = {"width": _("%(length)s cm wide"), "height": _("%(length)s cm high"), "depth": _("%(length)s cm deep")}
    lengths = {name: round(mm / mm_in_one, 1) for name, mm in measurements.items()}
    return ", ".join(names[name] % {"length": wording.number(length)} for name, length in lengths.items())


def _record(piece: Any, policy: Policy) -> dict[str, Any] | None:
    """The seller's record as far as the policy lets it be told; None of the house's own pieces."""
    if piece.seller_id is None:
        return None
    record, telling = seller_record.of_row(piece), policy.seller_record
    return {
        "sales": record.sales,
        "as_described": record.as_described if record.is_as_described(telling) else None,
        "on_time": record.is_on_time(telling),
        "is_new": record.sales < telling.min_sales,
    }
