"""What must hold between the keys of a policy, beyond what each key's type says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays
from babel import Locale, UnknownLocaleError
from babel.numbers import list_currencies

from marketplace.programme.policy import Policy
from marketplace.programme.policy.theme import CONTROL_CONTRAST, GROUNDS, TEXT_CONTRAST, contrast
from marketplace.programme.policy.values import Named
from marketplace.programme.regions import regions_of

T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True)
class Problem:
    """One objection: the key's path (empty: the file as a whole) and the reason."""

    key: str
    reason: str

    def __str__(self) -> str:
        return f"{self.key}: {self.reason}" if self.key else self.reason


def objections(policy: Policy) -> Iterator[Problem]:
    """Everything that contradicts itself, in the order of the file."""
    for check in (
        _hours,
        _market,
        _regions,
        _consigning,
        _channels,
        _inbound,
        _buying,
        _keys,
        _eligibility,
        _condition,
        _photos,
        _numbers,
        _payouts,
        _tax,
        _contrasts,
    ):
        yield from check(policy)


def _hours(policy: Policy) -> Iterator[Problem]:
    for name, hours in (
        ("support", policy.identity.support.hours),
        ("resale_support", policy.identity.resale_support.hours),
    ):
        if not hours.weekdays:
            yield Problem(f"identity.{name}.hours.weekdays", "names no day")
        if hours.opens >= hours.closes:
            yield Problem(f"identity.{name}.hours.closes", "is not after it opens")


def _payouts(policy: Policy) -> Iterator[Problem]:
    payout = policy.payout
    if not payout.forms:
        yield Problem("payout.forms", "names no form")
    for form in _twice(one.form for one in payout.forms):
        yield Problem("payout.forms", f"{form} stands there twice")
    for index, one in enumerate(payout.forms):
        if payout.choice_days > one.promised_business_days and len(payout.forms) > 1:
            yield Problem(f"payout.forms[{index}].promised_business_days", "is over before the form has to be chosen")


def _market(policy: Policy) -> Iterator[Problem]:
    market = policy.market
    if market.currency not in _currencies():
        yield Problem("market.currency", f"{market.currency} is not a currency of ISO 4217")
    try:
        Locale.parse(market.locale)
    except (UnknownLocaleError, ValueError):
        yield Problem("market.locale", f"{market.locale} is not a known locale")
    try:
        ZoneInfo(market.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        yield Problem("market.time_zone", f"{market.time_zone} is not a known time zone")
    if len(set(market.weekend)) > 6:
        yield Problem("market.weekend", "leaves no day to work")
    calendars = _calendars()
    if market.holidays.country not in calendars:
        yield Problem("market.holidays.country", f"there is no calendar of {market.holidays.country}")
    elif market.holidays.subdivision not in {None, *calendars[market.holidays.country]}:
        yield Problem("market.holidays.subdivision", f"{market.holidays.country} has no {market.holidays.subdivision}")


@cache
def _currencies() -> set[str]:
    return list_currencies()


@cache
def _calendars() -> dict[str, list[str]]:
    """The subdivisions of each country that has a calendar; asking the library anew takes longer than all else here."""
    return holidays.list_supported_countries()


def _regions(policy: Policy) -> Iterator[Problem]:
    market = policy.market
    known = regions_of(market.country)
    for name, regions in (("ship_to_regions", market.ship_to_regions), ("ship_from_regions", market.ship_from_regions)):
        if not regions:
            yield Problem(f"market.{name}", "names no region")
        for region in _twice(regions):
            yield Problem(f"market.{name}", f"{region} stands there twice")
        for region in sorted(set(regions) - known.keys()):
            yield Problem(f"market.{name}", f"{region} is not a region of {market.country}")
    if market.warehouse.region not in market.ship_from_regions:
        yield Problem("market.warehouse.region", "is not among the regions that ship")


def _consigning(policy: Policy) -> Iterator[Problem]:
    rule = policy.modes.consignment
    begins = [band.from_minor for band in rule.bands]
    if not begins or begins[0] != 0:
        yield Problem("modes.consignment.bands", "do not begin at 0")
    if begins != sorted(set(begins)):
        yield Problem("modes.consignment.bands", "do not rise")
    if rule.min_pieces > rule.max_pieces:
        yield Problem("modes.consignment.max_pieces", "is less than modes.consignment.min_pieces")
    if rule.when_silent == "donate" and not rule.charities:
        yield Problem("modes.consignment.charities", "is empty, and silence donates")


def _channels(policy: Policy) -> Iterator[Problem]:
    if policy.channels.is_on and not policy.channels.outlets:
        yield Problem("channels.outlets", "is empty, and channels are on")


def _inbound(policy: Policy) -> Iterator[Problem]:
    for at, slot in enumerate(policy.inbound.slots):
        if slot.begins >= slot.ends:
            yield Problem(f"inbound.slots[{at}].ends", "is not after its begin")


def _buying(policy: Policy) -> Iterator[Problem]:
    rule = policy.modes.buyback
    for form in _twice(one.form for one in rule.forms):
        yield Problem("modes.buyback.forms", f"{form} stands there twice")
    for name, keys, known in (
        ("groups", rule.groups, {one.key for one in policy.eligibility.accepted_groups}),
        ("grades", rule.grades, {one.key for one in policy.condition.accepted_grades}),
    ):
        for key in sorted(set(keys) - known):
            yield Problem(f"modes.buyback.{name}", f"{key} is none that is taken")
    if rule.model.slow_basis_points >= rule.model.fast_basis_points:
        yield Problem("modes.buyback.model.slow_basis_points", "is not below modes.buyback.model.fast_basis_points")


def _keys(policy: Policy) -> Iterator[Problem]:
    lists: dict[str, Iterable[Named]] = {
        "eligibility.groups": policy.eligibility.groups,
        "eligibility.categories": policy.eligibility.categories,
        "eligibility.refused_collections": policy.eligibility.refused_collections,
        "condition.grades": policy.condition.grades,
        "condition.parts": policy.condition.parts,
        "condition.flaw_kinds": policy.condition.flaw_kinds,
        "condition.severities": policy.condition.severities,
        "condition.comes_with": policy.condition.comes_with,
        "photos.slots": policy.photos.slots,
        "review.change_reasons": policy.review.change_reasons,
        "review.decline_reasons": policy.review.decline_reasons,
        "disputes.clauses": policy.disputes.clauses,
        "desk.hold_reasons": policy.desk.hold_reasons,
        "modes.consignment.charities": policy.modes.consignment.charities,
        "channels.outlets": policy.channels.outlets,
        "inbound.places": policy.inbound.places,
        "inbound.slots": policy.inbound.slots,
    }
    for name, rows in lists.items():
        for key in _twice(row.key for row in rows):
            yield Problem(name, f"the key {key} stands there twice")


def _eligibility(policy: Policy) -> Iterator[Problem]:
    groups = {group.key for group in policy.eligibility.groups}
    for at, category in enumerate(policy.eligibility.categories):
        if category.group not in groups:
            yield Problem(f"eligibility.categories[{at}].group", f"there is no group {category.group}")
    if not policy.eligibility.accepted_categories:
        yield Problem("eligibility.categories", "nothing can be listed")


def _condition(policy: Policy) -> Iterator[Problem]:
    scale = policy.condition
    parts = {part.key for part in scale.parts}
    if not scale.accepted_grades:
        yield Problem("condition.grades", "no grade is accepted")
    for at, kind in enumerate(scale.flaw_kinds):
        for part in sorted(set(kind.parts) - parts):
            yield Problem(f"condition.flaw_kinds[{at}].parts", f"there is no part {part}")
    known: dict[str, Collection[str | None]] = {
        "highest_grade": {grade.key for grade in scale.grades},
        "severity": {severity.key for severity in scale.severities},
        "kind": {None, *(kind.key for kind in scale.flaw_kinds)},
        "part": {None, *parts},
    }
    for at, cap in enumerate(scale.flaw_caps):
        for name, keys in known.items():
            if getattr(cap, name) not in keys:
                yield Problem(f"condition.flaw_caps[{at}].{name}", f"there is no {name} {getattr(cap, name)}")


def _photos(policy: Policy) -> Iterator[Problem]:
    grades = {grade.key for grade in policy.condition.grades}
    parts = {part.key for part in policy.condition.parts}
    for at, slot in enumerate(policy.photos.slots):
        for grade in sorted(set(slot.grades) - grades):
            yield Problem(f"photos.slots[{at}].grades", f"there is no grade {grade}")
        for part in sorted(set(slot.shows) - parts):
            yield Problem(f"photos.slots[{at}].shows", f"there is no part {part}")
    if policy.photos.max_count < len(policy.photos.slots):
        yield Problem("photos.max_count", "is less than the views asked for")


def _numbers(policy: Policy) -> Iterator[Problem]:
    if policy.price.min_minor > policy.price.max_minor:
        yield Problem("price.max_minor", "is less than price.min_minor")
    if list(policy.price.filter_steps) != sorted(set(policy.price.filter_steps)):
        yield Problem("price.filter_steps", "do not rise")
    if policy.shipping.usual_days_min > policy.shipping.usual_days_max:
        yield Problem("shipping.usual_days_max", "is less than shipping.usual_days_min")
    if policy.desk.goodwill_agent_minor > policy.desk.goodwill_manager_minor:
        yield Problem("desk.goodwill_manager_minor", "is less than desk.goodwill_agent_minor")


def _tax(policy: Policy) -> Iterator[Problem]:
    rows = [(rate.region, rate.starts_on) for rate in policy.tax.rates]
    for region, starts_on in _twice(rows):
        yield Problem("tax.rates", f"{region} has two rates from {starts_on}")
    for region in sorted(set(policy.market.ship_to_regions) - {region for region, _ in rows}):
        yield Problem("tax.rates", f"{region} is shipped to and has no rate")


def _contrasts(policy: Policy) -> Iterator[Problem]:
    for scheme, colours in (("light", policy.theme.light), ("dark", policy.theme.dark)):
        words = contrast(colours.on_accent, colours.accent)
        if words < TEXT_CONTRAST:
            reason = f"{words:.2f} to 1 against the accent; words need {TEXT_CONTRAST} to 1"
            yield Problem(f"theme.{scheme}.on_accent", reason)
        ground, edge = min(
            ((name, contrast(colours.accent, ground)) for name, ground in GROUNDS[scheme].items()),
            key=lambda one: one[1],
        )
        if edge < CONTROL_CONTRAST:
            reason = f"{edge:.2f} to 1 against the {ground}; a control needs {CONTROL_CONTRAST} to 1"
            yield Problem(f"theme.{scheme}.accent", reason)


def _twice(rows: Iterable[T]) -> list[T]:
    """The rows that stand there a second time, each once."""
    return [row for row, count in Counter(rows).items() if count > 1]
