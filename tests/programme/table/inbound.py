"""How pieces come: the places that take them, and the hours in which they are fetched."""

from __future__ import annotations

from datetime import date
from typing import Any

from marketplace import clock
from marketplace.custody.arranging import Arrangement, agreed
from marketplace.custody.models import Way
from tests.consignments import steps
from tests.programme import world
from tests.programme.rows import Behaviour, Row, Scene, Shows

PAGE = "/help/handing-over"
GIVEN = {**steps.RULES, **steps.WAYS}
MONDAY = date(2030, 3, 4)


def kept(column: str, value: Any, **wanted: Any) -> Behaviour:
    """What the agreement writes down."""

    def keeps(scene: Scene) -> None:
        written = agreed(world.policy(), Arrangement(world.HOME, **wanted), clock.now())[column]
        assert (written if not isinstance(value, dict) else {key: written[key] for key in value}) == value

    return keeps


def fetched_in(slot: str) -> Behaviour:
    begins = slot.split("-")[0]

    def fetched(scene: Scene) -> None:
        written = agreed(world.policy(), Arrangement(world.HOME, Way.COLLECTION, MONDAY, slot), clock.now())
        assert f"{written['collect_from']:%H:%M}" == begins

    return fetched


def row(key: str, to: Any, behaviour: Behaviour, says: str = "", **more: Any) -> Row:
    return Row(f"inbound.{key}", to, behaviour, page=PAGE if says else None, says=says, given=GIVEN, **more)


def said(key: str, to: Any, says: str) -> Row:
    return row(key, to, Shows(PAGE, says), says)


ROWS = [
    row(
        "places[0].key",
        "mill",
        kept("place", {"name": "Velorne Old Mill"}, way=Way.STORE, place="mill"),
        untold="what a request keeps; people read its name",
    ),
    row(
        "places[1].kind",
        "store",
        kept("way", Way.STORE, way=Way.STORE, place="lock-street"),
        "once the piece is ticked in there, we answer for it. Velorne Old Mill 9 Old Mill Road, Albany, NY 12207"
        " Tuesday and Saturday, 10:00 AM to 6:00 PM (Eastern Time) Counter Lock Street",
    ),
    row(
        "places[0].name",
        "Velorne New Mill",
        kept("place", {"name": "Velorne New Mill"}, way=Way.STORE, place="old-mill"),
        "Velorne New Mill",
    ),
    row(
        "places[0].address",
        "1 Side Street, Albany",
        kept("place", {"address": "1 Side Street, Albany"}, way=Way.STORE, place="old-mill"),
        "1 Side Street, Albany",
    ),
    said("places[0].hours.weekdays", ["monday", "friday"], "Monday and Friday, 10:00 AM to 6:00 PM"),
    said("places[0].hours.opens", "11:15:00", "11:15 AM to 6:00 PM"),
    said("places[0].hours.closes", "21:30:00", "10:00 AM to 9:30 PM"),
    row("slots[0].begins", "08:30:00", fetched_in("08:30-12:00"), "8:30 AM to 12:00 PM"),
    row("slots[1].ends", "16:45:00", fetched_in("13:00-16:45"), "1:00 PM to 4:45 PM"),
    said("early_hours", 3, "The driver may come up to 3 hours earlier."),
]
