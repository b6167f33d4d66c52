"""What was agreed on how pieces come to us, as their owner reads it on pages and in letters."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace.custody.models import Arranged, Way
from marketplace.presentation import day
from marketplace.programme import Policy
from marketplace.programme.wording import clock_time, opening


def told(request: Arranged, policy: Policy) -> str:
    """Where the pieces go or who fetches them, with the opening hours of today."""
    if request.way is Way.COLLECTION:
        return " ".join(
            filter(
                None,
                (
                    _collected(request),
                    early(policy),
                    _("Please do not change the day if you can help it: every further journey costs fuel."),
                ),
            )
        )
    if request.place is None:
        return str(_("Bring it to us.")) if request.way is Way.STORE else policy.shipping.drop_off.text
    where = f"{request.place['name']}, {request.place['address']}"
    known = policy.inbound.place(request.place["key"])
    hours = _("Open %(hours)s.", hours=opening(known.hours, policy.market.time_zone)) if known is not None else ""
    asked = _("Bring it to %(place)s.", place=where)
    if request.way is not Way.STORE:
        asked = _("Hand the parcel in at %(place)s.", place=where)
    return f"{asked} {hours}".rstrip()


def _collected(request: Arranged) -> str:
    if request.collect_on is None:
        raise LookupError("a collection has a day")
    on = day(request.collect_on)
    if request.collect_from is None or request.collect_until is None:
        return str(_("A driver collects the parcel on %(day)s.", day=on))
    hours = {"begins": clock_time(request.collect_from), "ends": clock_time(request.collect_until)}
    return str(_("A driver collects the parcel on %(day)s, between %(begins)s and %(ends)s.", day=on, **hours))


def early(policy: Policy) -> str:
    """How much earlier than agreed a driver may come (NAP-27); empty where none does."""
    hours = policy.inbound.early_hours
    if not hours:
        return ""
    return str(
        ngettext(
            "The driver may come up to %(num)s hour earlier.", "The driver may come up to %(num)s hours earlier.", hours
        )
    )
