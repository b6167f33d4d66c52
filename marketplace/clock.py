"""The only "now" of the shop, and the calendar that counts business days.

Business time is the database's time plus one offset row. The offset is zero outside the sandbox and never moves
backwards; the time is read once a transaction, so that everything one unit of work writes carries the same moment.
Real time is the database's own too where machines must agree on it (``shared``): leases, pauses, a provider's expiry,
the age of a signature. Tokens, sign-ins and letters go by this machine's (``wall``).
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Mapped, Session, SessionTransaction, mapped_column

from marketplace.database import Model, UTCDateTime, db

_LAST_SECOND = time(23, 59, 59)
_KNOWN = "clock"


class ClockOffset(Model):
    """How far business time runs from the database's time: one row, moved forwards only."""

    __tablename__ = "clock_offset"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    offset_us: Mapped[int] = mapped_column(sa.BigInteger)


def database_clock(session: Session) -> sa.ColumnElement[datetime]:
    """The database's time as an expression of SQL: the transaction's own where the database keeps one."""
    if session.get_bind().dialect.name == "sqlite":
        return sa.func.strftime("%Y-%m-%d %H:%M:%f000", "now", type_=UTCDateTime())
    return sa.func.transaction_timestamp(type_=UTCDateTime())


_NOTHING: sa.Select[Any] = sa.select()
_timed: dict[tuple[object, ...], sa.Select[Any]] = {}  # statements are made once: that costs as much as running them


def now() -> datetime:
    """Business time in UTC, the same at every call within one transaction."""
    database_time, offset = _read()
    return database_time + offset


def shared() -> datetime:
    """The database's own time in UTC, the same at every call within one transaction.

    What machines go by that wait for one another: their own clocks may be minutes apart (fault W08).
    """
    return _read()[0]


def _read() -> tuple[datetime, timedelta]:
    """The database's time and the offset, read once a transaction."""
    session = db.session()
    if _KNOWN not in session.info:
        with_time(_NOTHING)
    known: tuple[datetime, timedelta] = session.info[_KNOWN]
    return known


def with_time(query: sa.Select[Any]) -> Sequence[Any] | None:
    """The first row of a query that stands for good; where it is not known yet, the time is read along with it."""
    session = db.session()
    if _KNOWN in session.info:
        return session.connection().execute(query).first()
    row = session.connection().execute(_with_time(session, query)).first()
    if row is None:
        return None
    *asked, database_time, offset_us = row
    session.info[_KNOWN] = database_time, timedelta(microseconds=offset_us or 0)
    return asked


def _with_time(session: Session, query: sa.Select[Any]) -> sa.Select[Any]:
    key = (query, session.get_bind().dialect.name, database_clock)
    if key not in _timed:
        offset = sa.select(ClockOffset.offset_us).where(ClockOffset.id == 1).scalar_subquery()
        _timed[key] = query.add_columns(database_clock(session), offset)
    return _timed[key]


@event.listens_for(Session, "after_transaction_end")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop(_KNOWN, None)


# The two times within a statement that is made once: each is read when the statement runs, and once a transaction.
NOW: sa.BindParameter[datetime] = sa.bindparam("now", callable_=now, type_=UTCDateTime())
SHARED: sa.BindParameter[datetime] = sa.bindparam("shared", callable_=shared, type_=UTCDateTime())


def before(moment: Callable[[], datetime], step: timedelta) -> sa.BindParameter[datetime]:
    """The time so long before ``now`` or ``shared``, within a statement that is made once."""
    return sa.bindparam(None, callable_=lambda: moment() - step, type_=UTCDateTime())


def wall() -> datetime:
    """The machine's own time in UTC."""
    return datetime.now(UTC)


def advance(step: timedelta) -> datetime:
    """Move business time forwards by ``step`` and return the new now. The sandbox alone may call it."""
    if step < timedelta(0):
        raise ValueError("the clock never moves backwards")
    session = db.session()
    row = session.get(ClockOffset, 1)
    micros = step // timedelta(microseconds=1)
    if row is None:
        session.add(ClockOffset(id=1, offset_us=micros))
    else:
        row.offset_us = ClockOffset.offset_us + micros
    session.flush()
    session.info.pop(_KNOWN, None)
    return now()


def begin_at(moment: datetime) -> None:
    """Start a new, empty world at ``moment``: refused once business time has been set (the demo world alone)."""
    session = db.session()
    if session.get(ClockOffset, 1) is not None:
        raise ValueError("business time has been set already")
    offset = moment - shared()
    session.add(ClockOffset(id=1, offset_us=offset // timedelta(microseconds=1)))
    session.flush()
    session.info.pop(_KNOWN, None)


@dataclass(frozen=True)
class BusinessCalendar:
    """The days a programme works (GAP-04): neither a weekend day nor a holiday, in its own time zone."""

    zone: ZoneInfo
    weekend: frozenset[int]  # date.weekday() numbers
    holidays: Container[date] = field(default=frozenset())

    def is_business_day(self, day: date) -> bool:
        return day.weekday() not in self.weekend and day not in self.holidays

    def day_after(self, day: date, business_days: int) -> date:
        """The ``business_days``-th business day after ``day``."""
        left = business_days
        while left:
            day += timedelta(days=1)
            left -= self.is_business_day(day)
        return day

    def end_of_business_day_after(self, moment: datetime, business_days: int) -> datetime:
        """23:59:59 local time of the n-th business day after ``moment``'s local date, in UTC (GAP-01)."""
        return self.end_of_day(self.day_after(moment.astimezone(self.zone).date(), business_days))

    def end_of_day(self, day: date) -> datetime:
        """23:59:59 local time of ``day``, in UTC."""
        return datetime.combine(day, _LAST_SECOND, self.zone).astimezone(UTC)

    def business_days_between(self, start: datetime, end: datetime) -> int:
        """How many business days have fully begun after ``start``'s local date up to ``end``'s."""
        day, last = start.astimezone(self.zone).date(), end.astimezone(self.zone).date()
        count = 0
        while day < last:
            day += timedelta(days=1)
            count += self.is_business_day(day)
        return count
