"""What is agreed to be handed over and is not here: at which store, or by a driver on which day.

A list shows nobody's name or address: whoever hands something over says its number, or what it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby

from flask import url_for

from marketplace.buybacks import finding as bought
from marketplace.buybacks.models import Buyback
from marketplace.clock import BusinessCalendar
from marketplace.consignments import finding as consigned
from marketplace.consignments.models import Consignment
from marketplace.consignments.states import PieceState
from marketplace.custody.models import Way
from marketplace.desk import intake_kinds

DAYS_AHEAD = 7  # of collections; to a store anybody may come on any day until the request ends


@dataclass(frozen=True)
class HandOver:
    """What comes together: the number that is said, each piece in words, and until when it may come."""

    number: str
    href: str
    pieces: Sequence[str]
    due_at: datetime | None
    begins: time | None
    ends: time | None


def at_stores() -> list[tuple[str, list[HandOver]]]:
    """What is to be brought, by the store's name; what has to come first in front."""
    coming = sorted(_requests(Way.STORE), key=lambda one: one.store_name or "")
    by_store = groupby(coming, key=lambda one: one.store_name or "")
    return [(name, sorted(map(_told, found), key=_first_due)) for name, found in by_store]


def by_collection(at: datetime, calendar: BusinessCalendar) -> list[tuple[date, list[HandOver]]]:
    """What a driver collects up to some days ahead, by the day, with what should have been collected before."""
    last = at.astimezone(calendar.zone).date() + timedelta(days=DAYS_AHEAD)
    agreed = [(one.collect_on, one) for one in _requests(Way.COLLECTION) if one.collect_on is not None]
    agreed.sort(key=lambda pair: (pair[0], pair[1].collect_from or time.min, pair[1].number))
    by_day = groupby((pair for pair in agreed if pair[0] <= last), key=lambda pair: pair[0])
    return [(day, [_told(one) for _day, one in found]) for day, found in by_day]


def _requests(way: Way) -> list[Consignment | Buyback]:
    return [*consigned.to_come(way), *bought.to_come(way)]


def _told(request: Consignment | Buyback) -> HandOver:
    pieces: Sequence[intake_kinds.Piece]
    if isinstance(request, Buyback):
        pieces, href = [request], intake_kinds.address(request)
    else:
        pieces = [piece for piece in request.pieces if piece.state is PieceState.REQUESTED]
        href = url_for("intake.parcel", number=request.number)
    words = [f"{piece.house} {piece.title}, {piece.colour}" for piece in pieces]
    return HandOver(request.number, href, words, pieces[0].due_at, request.collect_from, request.collect_until)


def _first_due(one: HandOver) -> tuple[bool, datetime | None, str]:
    return one.due_at is None, one.due_at, one.number
