"""A list of pieces as ``templates/buyer/shop.html`` reads it: cards, filters, chips, orders, ways on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from flask import render_template, request
from flask_babel import gettext as _

from marketplace import locales
from marketplace.buyer import cards
from marketplace.listings.criteria import DISCOUNT_BANDS, Band, Criteria, Cursor, Sort, band_name, bands_between
from marketplace.listings.facets import Facet, Wider
from marketplace.listings.search import Page, look
from marketplace.money import Money
from marketplace.presentation import pieces, price
from marketplace.programme import Policy, versions

OPEN_FACETS = ("category", "condition", "price")  # the others open where one of their values is chosen


def listed(
    criteria: Criteria,
    path: str,
    heading: str,
    *,
    trail: list[tuple[str, str]] | None = None,
    query: str | None = None,
) -> str:
    """The page of what meets the criteria, at the place the address names. ``query`` is what a search was for."""
    window = look(criteria, Cursor.read(request.args))
    return render_template(
        "buyer/shop.html",
        heading=heading,
        intro=None if query is not None else _promise(),
        path=path,
        trail=trail or [],
        query=query,
        found=pieces(window.counted.total),
        slips=window.slips,
        listings=cards.cards(window.page.listings),
        facets=_facets(window.counted.facets),
        chips=_chips(criteria, path),
        keep=[pair for pair in criteria.pairs() if pair[0] in ("q", "sort")],
        clear_href=_address(path, [pair for pair in criteria.pairs() if pair[0] in ("q", "sort")]),
        sorts=_sorts(criteria, path),
        **_ways_on(window.page, criteria, path),
        nearest=cards.cards(window.nearest),
        wider=[_wider(less, path) for less in window.wider],
        category=criteria.category,
        wanted=criteria.pairs() if criteria.is_narrowed else [],
        indexed=not criteria.chosen and query is None,
    )


def _promise() -> str:
    """What holds for every piece here: where members sell, where it comes from; else what the programme is for."""
    policy = versions.current().policy
    if not policy.modes.peer_to_peer:
        return policy.texts.purpose
    return str(_("Every piece comes from a member's own purchase history and is reviewed before it is listed."))


def _address(path: str, pairs: list[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(pairs)}" if pairs else path


def _ways_on(page: Page, criteria: Criteria, path: str) -> dict[str, str | None]:
    def turn(name: str, place: str | None) -> str | None:
        return _address(path, [*criteria.pairs(), (name, place)]) if place else None

    return {"newer": turn("before", page.newer), "older": turn("after", page.older)}


def _sorts(criteria: Criteria, path: str) -> list[dict[str, object]]:
    labels = {
        Sort.NEWEST: _("Newest"),
        Sort.PRICE_UP: _("Price: low to high"),
        Sort.PRICE_DOWN: _("Price: high to low"),
        Sort.SAVING: _("Biggest saving"),
        Sort.SAVED: _("Most saved"),
    }
    kept = [pair for pair in criteria.pairs() if pair[0] != "sort"]
    return [
        {
            "label": label,
            "href": _address(path, kept if sort is Sort.NEWEST else [*kept, ("sort", sort.value)]),
            "now": sort is criteria.sort,
        }
        for sort, label in labels.items()
    ]


# Filters in words ----------------------------------------------------------------------------------------------------


def _facet_labels() -> dict[str, str]:
    return {
        "category": _("Category"),
        "style": _("Style"),
        "colour": _("Color"),
        "condition": _("Condition"),
        "size": _("Size"),
        "price": _("Price"),
        "discount": _("Discount"),
        "material": _("Material"),
        "hardware": _("Hardware"),
    }


def value_label(facet: str, value: str) -> str:
    """A value of a facet in words; one that nothing has is shown as it was typed."""
    return _value_label(facet, value, versions.current().content_hash, locales.spoken())


@lru_cache(maxsize=1024)
def _value_label(facet: str, value: str, _policy: str, _locale: str) -> str:
    policy = versions.current().policy
    if facet == "category":
        category = policy.eligibility.category(value)
        return category.label if category else value
    if facet == "condition":
        return {grade.key: grade.label for grade in policy.condition.grades}.get(value, value)
    if facet == "price":
        return _price_label(value, policy)
    if facet == "discount":
        return _discount_label(value)
    return value if facet == "size" else value[:1].upper() + value[1:]


def _band(name: str, bands: Any) -> Band | None:
    return next((band for band in bands if band_name(band) == name), None)


def _price_label(name: str, policy: Policy) -> str:
    band = _band(name, bands_between(policy.price.filter_steps))
    if band is None:
        return name
    lowest, highest = (price(Money.parse(str(end), policy.market.currency)) if end else "" for end in band)
    if not lowest:
        return str(_("Under %(high)s", high=highest))
    if not highest:
        return str(_("%(low)s and more", low=lowest))
    return str(_("%(low)s to %(high)s", low=lowest, high=highest))


def _discount_label(name: str) -> str:
    band = _band(name, DISCOUNT_BANDS)
    if band is None:
        return name
    if band[1] is None:
        return str(_("%(low)s%% and more", low=band[0]))
    return str(_("%(low)s%% to %(high)s%%", low=band[0], high=band[1]))


@dataclass(frozen=True, slots=True)  # a template finds a field of a dictionary only after it looked for an attribute
class ShownValue:
    """One box to tick."""

    value: str
    label: str
    count: int | None
    selected: bool


@dataclass(frozen=True, slots=True)
class ShownFacet:
    """A filter and its boxes."""

    name: str
    label: str
    open: bool
    values: Sequence[ShownValue]


def _facets(facets: Sequence[Facet]) -> list[ShownFacet]:
    labels = _facet_labels()
    return [_facet(facet, labels[facet.name]) for facet in facets]


def _facet(facet: Facet, label: str) -> ShownFacet:
    name, policy, locale = facet.name, versions.current().content_hash, locales.spoken()
    places = _places(name, policy)
    values = [
        ShownValue(one.value, _value_label(name, one.value, policy, locale), one.count, one.is_chosen)
        for one in sorted(facet.values, key=lambda one: places.get(one.value, len(places)))
    ]
    return ShownFacet(name, label, name in OPEN_FACETS or any(one.selected for one in values), values)


@lru_cache(maxsize=64)
def _places(facet: str, _policy: str) -> dict[str, int]:
    """Where the policy puts each value: categories as in the head of the page, grades from the best one down."""
    policy = versions.current().policy
    ordered = {
        "category": [category.key for category in policy.eligibility.categories],
        "condition": [grade.key for grade in policy.condition.grades],
    }
    return {key: place for place, key in enumerate(ordered.get(facet, ()))}


def _chips(criteria: Criteria, path: str) -> list[dict[str, str]]:
    return [
        {"label": value_label(name, value), "href": _address(path, criteria.without(name, value).pairs())}
        for name, values in criteria.chosen.items()
        for value in values
    ]


def _wider(less: Wider, path: str) -> dict[str, object]:
    label = value_label(less.name, less.value) if less.value is not None else _("the words typed")
    return {"label": label, "href": _address(path, less.criteria.pairs()), "count": less.count}
