"""What staff did and what they read, for managers: nobody writes here, and nobody can (fault P06)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace.database import db
from marketplace.desk.event_words import about, what
from marketplace.desk.story import names_of, notes_of
from marketplace.events import ActorKind, Event
from marketplace.orders.models import Order
from marketplace.people import readings, staffing
from marketplace.people.models import Role, StaffRole
from marketplace.permissions import staff

bp = Blueprint("desk_audit", __name__)

A_PAGE = 100


@dataclass(frozen=True)
class Line:
    """One thing somebody of the staff did or read; ``number`` is the order's it was about, where it was one."""

    id: int
    at: datetime
    who: str
    about: str
    what: str = ""
    words: str = ""
    number: str = ""


@bp.get("/desk/audit")
@staff(Role.MANAGER)
def done() -> ResponseReturnValue:
    """What was done, newest first; of one member of staff where one is named."""
    who, before = request.args.get("who", type=int), request.args.get("before", type=int)
    lines = _done(who, before)
    return _page("desk/audit.html", "desk_audit.done", lines, who)


@bp.get("/desk/audit/readings")
@staff(Role.MANAGER)
def read() -> ResponseReturnValue:
    """What personal data was read, newest first."""
    found = readings.latest(A_PAGE, before=request.args.get("before", type=int))
    numbers = _numbers([row.subject_id for row, _name in found if row.subject_type == Order.__tablename__])
    lines = [
        Line(
            row.id,
            row.at,
            name,
            about(row.subject_type),
            number=numbers.get(row.subject_id, "") if row.subject_type == Order.__tablename__ else "",
        )
        for row, name in found
    ]
    return _page("desk/readings.html", "desk_audit.read", lines, None)


def _page(template: str, endpoint: str, lines: list[Line], who: int | None) -> ResponseReturnValue:
    older = url_for(endpoint, who=who, before=lines[-1].id) if len(lines) == A_PAGE else None
    return render_template(template, lines=lines, older=older, who=who, people=staffing.everyone())


def _done(who: int | None, before: int | None) -> list[Line]:
    of_staff = sa.select(StaffRole.person_id)
    query = sa.select(Event).where(Event.actor_kind == ActorKind.PERSON, Event.actor_id.in_(of_staff))
    if who is not None:
        query = query.where(Event.actor_id == who)
    if before is not None:
        query = query.where(Event.id < before)
    found = db.session.scalars(query.order_by(Event.id.desc()).limit(A_PAGE)).all()
    names, notes = names_of(found), notes_of(found)
    numbers = _numbers([event.subject_id for event in found if event.subject_type == Order.__tablename__])
    return [
        Line(
            event.id,
            event.at,
            names.get(event.actor_id or 0, ""),
            about(event.subject_type),
            what(event.subject_type, event.action),
            notes.get(event.id, ""),
            numbers.get(event.subject_id, "") if event.subject_type == Order.__tablename__ else "",
        )
        for event in found
    ]


def _numbers(order_ids: list[int]) -> dict[int, str]:
    rows = db.session.execute(sa.select(Order.id, Order.number).where(Order.id.in_(order_ids)))
    return {row.id: row.number for row in rows}
