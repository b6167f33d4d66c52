"""What staff did and what they read, for managers: nobody writes here, and nobody can (fault P06)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace.database import db
from marketplace.desk.event_words import about, what
from marketplace.desk.story import names_of, notes_of
from marketplace.disputes.models import Dispute
from marketplace.events import ActorKind, Event
from marketplace.listings.models import Listing
from marketplace.orders.models import Order
from marketplace.payments.chargeback_models import Chargeback
from marketplace.people import readings, staffing
from marketplace.people.models import Role, StaffRole
from marketplace.people.readings import Reading
from marketplace.permissions import staff

bp = Blueprint("desk_audit", __name__)

A_PAGE = 80


@dataclass(frozen=True)
class Line:
    """One thing somebody of the staff did or read; what it was about has a ``number`` and a page, where it has one."""

    id: int
    at: datetime
    who: str
    about: str
    what: str = ""
    words: str = ""
    number: str = ""
    href: str = ""


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
    pages = _pages([row for row, _name in found])
    lines = [
        Line(row.id, row.at, name, about(row.subject_type), **pages.get((row.subject_type, row.subject_id), {}))
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
    pages = _pages(found)
    return [
        Line(
            event.id,
            event.at,
            names.get(event.actor_id or 0, ""),
            about(event.subject_type),
            what(event.subject_type, event.action),
            notes.get(event.id, ""),
            **pages.get((event.subject_type, event.subject_id), {}),
        )
        for event in found
    ]


# What has a number, and the page that shows it.
_PAGES: dict[str, tuple[Any, str]] = {
    Order.__tablename__: (Order, "desk_orders.order"),
    Dispute.__tablename__: (Dispute, "desk_disputes.case"),
    Chargeback.__tablename__: (Chargeback, "desk_chargebacks.case"),
    Listing.__tablename__: (Listing, "desk_listings.listing"),
}


def _pages(found: Sequence[Event | Reading]) -> dict[tuple[str, int], dict[str, str]]:
    """The number and page of each record that these lines are about, one question a kind of record."""
    pages = {}
    for kind, (model, endpoint) in _PAGES.items():
        ids = {line.subject_id for line in found if line.subject_type == kind}
        if ids:
            for row in db.session.execute(sa.select(model.id, model.number).where(model.id.in_(ids))):
                pages[kind, row.id] = {"number": row.number, "href": url_for(endpoint, number=row.number)}
    return pages
