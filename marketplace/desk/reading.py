"""Reading personal data at the desk is written down before the page is made (fault P06)."""

from __future__ import annotations

from typing import Any

from marketplace import clock
from marketplace.database import unit_of_work
from marketplace.people import readings
from marketplace.permissions import the_person


def noted(subject: Any) -> Any:
    """The same record; that this member of staff reads it is in the log, in a transaction of its own."""
    reader = the_person()
    with unit_of_work():
        readings.note(subject, by=reader, at=clock.now())
    return subject
