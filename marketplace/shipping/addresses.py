"""Is this an address we ship between? Checked before anything is paid, with the reason where it is not (GAP-05).

Only what can be known without asking anyone: every part is there and fits a label, the state is one of the policy's,
the ZIP code is one and of that state. Where addresses name no region, the postcode is one of the country's. What the
carrier knows besides, ``carrier_objection`` asks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from marketplace.errors import Refusal
from marketplace.jobs.outbox import NotDone, OutcomeUnknown
from marketplace.programme.policy.market import Market
from marketplace.programme.regions import has_postcodes, is_one_region, names_of, regions_of
from marketplace.shipping.carrier import current_carrier
from marketplace.shipping.postal import LONGEST_LINE, PostalAddress
from marketplace.shipping.regions import MILITARY, is_postcode, postcode_example, region_of
from marketplace.text import TextRefused, TextTooLong, clean_text

LONGEST = {
    "name": 60,
    "line1": LONGEST_LINE,
    "line2": LONGEST_LINE,
    "city": 40,
    "region": 3,
    "postcode": 12,
    "phone": 30,
}

_ZIP = re.compile(r"\A([0-9]{5})(?:[ -]?([0-9]{4}))?\Z")
_PHONE = re.compile(r"\A[0-9+().\- ]{7,30}\Z")


class AddressRefused(Refusal):
    """No parcel can be sent from or to it. ``errors`` says what to correct, part by part; ``field`` is the first."""

    message = _l("Check this address.")
    status = 422

    def __init__(self, field: str, message: str | None = None, errors: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.field = field
        self.errors = dict(errors or {field: str(self.message)})


class RegionNotServed(AddressRefused):
    """A state, territory or country outside the market's list."""


def check_ship_to(address: PostalAddress, market: Market) -> PostalAddress:
    """A buyer's address in the spelling we keep; raises ``AddressRefused`` (MK-48, GAP-05)."""
    return check_address(address, country=market.country, regions=market.ship_to_regions)


def check_ship_from(address: PostalAddress, market: Market) -> PostalAddress:
    """A seller's address in the spelling we keep; raises ``AddressRefused`` (MK-18, MK-46)."""
    return check_address(
        address, country=market.country, regions=market.ship_from_regions, not_served=_not_shipped_from
    )


def check_address(
    address: PostalAddress,
    *,
    country: str,
    regions: Collection[str],
    not_served: Callable[[str, int], str] | None = None,
) -> PostalAddress:
    """The address in the spelling we keep. Raises ``AddressRefused`` with everything there is to correct,
    ``RegionNotServed`` where the place is none of ``regions``; ``not_served`` says so in other words.
    """
    cleaned, errors = _cleaned(address)
    names = regions_of(country)
    region = cleaned.region
    if address.country != country or (region in names and region not in regions):
        place = _("military addresses (APO, FPO, DPO)") if region in MILITARY else names.get(region, address.country)
        reason = (
            _one_country(country) if is_one_region(country) else (not_served or _not_shipped_to)(place, len(regions))
        )
        raise RegionNotServed("region", reason, {**errors, "region": reason})
    if region not in names:
        errors.setdefault("region", _("Choose the state."))
    if "postcode" not in errors and (objection := _postcode_objection(cleaned, names)):
        errors["postcode"] = objection
    if cleaned.phone and not _PHONE.match(cleaned.phone):
        errors.setdefault("phone", _("Enter a phone number in figures, such as 212 555 0100, or leave it empty."))
    if errors:
        field, message = next(iter(errors.items()))
        raise AddressRefused(field, message, errors)
    return cleaned


def carrier_objection(address: PostalAddress) -> str | None:
    """Why the carrier cannot deliver there, in its own words; None where it can, or where it cannot be asked now.

    A call abroad: never inside a transaction. A carrier that is away must not stop a sale.
    """
    try:
        verdict = current_carrier().check_address(address)
    except (NotDone, OutcomeUnknown):
        return None
    return None if verdict.deliverable else verdict.words


# The parts -----------------------------------------------------------------------------------------------------------


def _cleaned(address: PostalAddress) -> tuple[PostalAddress, dict[str, str]]:
    """The address with every part cleaned, and what is wrong with the parts as such."""
    missing = {
        "name": _("Enter the full name."),
        "line1": _("Enter the house number and street."),
        "city": _("Enter the city."),
        "postcode": _("Enter the postcode.") if is_one_region(address.country) else _("Enter the ZIP code."),
    }
    parts, errors = {}, {}
    for name, longest in LONGEST.items():
        parts[name] = ""
        try:
            parts[name] = clean_text(getattr(address, name), longest)
        except TextTooLong as refusal:
            errors[name] = _line_too_long() if longest == LONGEST_LINE else str(refusal.message)
        except TextRefused as refusal:
            errors[name] = str(refusal.message)
        if not parts[name] and name in missing and (name != "postcode" or has_postcodes(address.country)):
            errors.setdefault(name, missing[name])
    parts["region"] = address.country if is_one_region(address.country) else parts["region"].upper()
    if is_one_region(address.country):
        parts["postcode"] = parts["postcode"].upper()
    elif zip_code := _ZIP.match(parts["postcode"]):
        parts["postcode"] = "-".join(figures for figures in zip_code.groups() if figures)
    return replace(address, **parts), errors


def _line_too_long() -> str:
    words = _("A label holds %(count)s characters a line. Shorten it, or use the second line too.", count=LONGEST_LINE)
    return str(words)


def _postcode_objection(address: PostalAddress, names: Mapping[str, str]) -> str:
    """What is wrong with the ZIP code, alone and beside the state; empty where nothing is."""
    if is_one_region(address.country):
        if is_postcode(address.postcode, address.country):
            return ""
        return str(_("Enter a postcode such as %(example)s.", example=postcode_example(address.country)))
    if not _ZIP.match(address.postcode):
        return str(_("Enter a ZIP code of 5 figures, such as 10001, or of 9, such as 10001-1234."))
    code = address.postcode[:5]
    home = region_of(code, address.country)
    if home is None:
        return str(_("There is no ZIP code %(code)s. Check its figures.", code=code))
    if address.region not in names or home == address.region:
        return ""
    two = {"code": code, "home": names[home], "region": names[address.region]}
    return str(_("ZIP code %(code)s is in %(home)s, not in %(region)s. Change one of the two.", **two))


def _one_country(country: str) -> str:
    (name,) = names_of(country, (country,)).values()
    return str(_("Parcels travel within one country here: %(country)s.", country=name))


def _not_shipped_to(place: str, count: int) -> str:
    return str(
        ngettext(
            "We ship to %(num)s state only, not to %(place)s.",
            "We ship to %(num)s states only, not to %(place)s.",
            count,
            place=place,
        )
    )


def _not_shipped_from(place: str, count: int) -> str:
    return str(
        ngettext(
            "Our prepaid labels work from %(num)s state only, not from %(place)s.",
            "Our prepaid labels work from %(num)s states only, not from %(place)s.",
            count,
            place=place,
        )
    )
