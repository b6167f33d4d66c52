"""How pieces come to us, agreed between their owner and us: the same for what we sell for her and what we buy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _

from marketplace.custody import inbound
from marketplace.custody.models import Arranged, Way
from marketplace.errors import Refusal
from marketplace.programme import Policy
from marketplace.programme.policy.inbound import Place
from marketplace.shipping.postal import PostalAddress


@dataclass(frozen=True)
class Arrangement:
    """What its owner chose. ``slot`` and ``place`` are keys of the policy; without ``place``, any point will do."""

    ships_from: PostalAddress | None = None  # of a parcel; what is brought to a store has no label
    way: Way = Way.DROP_OFF
    collect_on: date | None = None
    slot: str = ""
    place: str = ""

    @property
    def is_parcel(self) -> bool:
        return self.way is not Way.STORE


class CannotArrange(Refusal):
    """Something that cannot be agreed on: ``field`` is what it is about."""

    status = 422

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def open_ways(policy: Policy) -> list[Way]:
    """The ways in which pieces may come, in the order they are offered."""
    is_open = {
        Way.COLLECTION: bool(policy.inbound.slots),
        Way.DROP_OFF: True,
        Way.STORE: bool(policy.inbound.stores),
    }
    return [way for way in is_open if is_open[way]]


def check(policy: Policy, wanted: Arrangement, at: datetime) -> None:
    """Raise ``CannotArrange`` where this programme does not take pieces so; the address is not looked at."""
    if wanted.way not in open_ways(policy):
        raise CannotArrange("way", _("Choose one of these."))
    if wanted.way is Way.COLLECTION:
        _check_collection(policy, wanted, at)
    elif (wanted.way is Way.STORE or wanted.place) and _place(policy, wanted) is None:
        field = "store" if wanted.way is Way.STORE else "point"
        raise CannotArrange(field, _("Choose one of these."))


def _check_collection(policy: Policy, wanted: Arrangement, at: datetime) -> None:
    """A driver comes on a business day from tomorrow on, in one of the slots (NAP-25)."""
    today = at.astimezone(policy.calendar.zone).date()
    day = wanted.collect_on
    if day is None or day <= today or not policy.calendar.is_business_day(day):
        raise CannotArrange("collect_on", _("Choose a business day from tomorrow on."))
    if policy.inbound.slot(wanted.slot) is None:
        raise CannotArrange("slot", _("Choose one of these."))


def _place(policy: Policy, wanted: Arrangement) -> Place | None:
    places = policy.inbound.stores if wanted.way is Way.STORE else policy.inbound.points
    return next((place for place in places if place.key == wanted.place), None)


def agreed(policy: Policy, wanted: Arrangement, at: datetime) -> dict[str, Any]:
    """What was chosen, as the columns of ``models.Arranged`` keep it; a place as it is named today.

    Raises ``CannotArrange``.
    """
    check(policy, wanted, at)
    if wanted.is_parcel and wanted.ships_from is None:
        raise CannotArrange("line1", _("Enter the address the parcel comes from."))
    is_fetched = wanted.way is Way.COLLECTION
    slot = policy.inbound.slot(wanted.slot) if is_fetched else None
    place = None if is_fetched else _place(policy, wanted)
    return {
        "way": wanted.way,
        "collect_on": wanted.collect_on if is_fetched else None,
        "collect_from": slot.begins if slot else None,
        "collect_until": slot.ends if slot else None,
        "place": {"key": place.key, "name": place.name, "address": place.address} if place else None,
        "ships_from": wanted.ships_from.mapping if wanted.is_parcel and wanted.ships_from else None,
    }


def ask_for_label(number: str, request: Arranged, policy: Policy, *, at: datetime) -> bool:
    """Queue the label of a request's one parcel; whether there is one at all."""
    if request.ships_from is None:
        return False
    inbound.ask_for_label(number, PostalAddress.of(request.ships_from), policy, at=at)
    return True
