"""Machines whose clocks are off, within one process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.database import UTCDateTime

SKEW = timedelta(minutes=10)


@contextmanager
def a_machine_whose_clock_is_off(by: timedelta) -> Iterator[None]:
    with time_machine.travel(datetime.now(UTC) + by, tick=True):
        yield


def this_machines_clock(_session: Session) -> sa.ColumnElement[datetime]:
    """In the place of the database's: what a control trusts."""
    return sa.bindparam(None, callable_=clock.wall, type_=UTCDateTime())


def live_ahead(seconds: float) -> None:
    """This process is so far ahead of the others for all its life."""
    time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds), tick=True).start()
