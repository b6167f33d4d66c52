"""What happened to an order and to all that belongs to it, in words: one list, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace.database import db
from marketplace.desk.event_words import about, what
from marketplace.events import ActorKind, Event
from marketplace.orders.models import Order
from marketplace.orders.notes import DeskNote
from marketplace.people.models import Person

ACTORS: dict[ActorKind, LazyString] = {
    ActorKind.PERSON: _l("a person"),
    ActorKind.SYSTEM: _l("the shop"),
    ActorKind.CARRIER: _l("the carrier"),
    ActorKind.PROVIDER: _l("the payment provider"),
}


@dataclass(frozen=True)
class Happening:
    """One thing that happened: when, to what, what it was, who did it, and the words kept with it."""

    at: datetime
    about: str
    what: str
    who: str
    words: str = ""


def story_of(order: Order, parts: Iterable[Any]) -> list[Happening]:
    """Everything that happened to the order and to these parts of it, newest first."""
    return happenings((order, *parts), _sides(order))


def happenings(subjects: Iterable[Any], sides: Mapping[int, str]) -> list[Happening]:
    """Everything that happened to these records, newest first; ``sides`` says who some people are in it, by id."""
    of = [(part.__tablename__, part.id) for part in subjects]
    found = db.session.scalars(
        sa.select(Event).where(sa.tuple_(Event.subject_type, Event.subject_id).in_(of)).order_by(Event.id.desc())
    ).all()
    notes = notes_of(found)
    names = {**names_of(found), **sides}
    return [
        Happening(
            event.at,
            about(event.subject_type),
            what(event.subject_type, event.action),
            _who(event, names),
            notes.get(event.id, ""),
        )
        for event in found
    ]


def _sides(order: Order) -> dict[int, str]:
    sides = {order.buyer_id: _("the buyer")}
    if order.seller_id is not None:
        sides[order.seller_id] = _("the seller")
    return sides


def _who(event: Event, names: dict[int, str]) -> str:
    return names.get(event.actor_id or 0) or str(ACTORS[event.actor_kind])


def names_of(found: Sequence[Event]) -> dict[int, str]:
    """The names of the people who did these things, by id."""
    ids = {event.actor_id for event in found if event.actor_id is not None}
    rows = db.session.execute(sa.select(Person.id, Person.name, Person.email).where(Person.id.in_(ids)))
    return {id_: name or email for id_, name, email in rows}


def notes_of(found: Sequence[Event]) -> dict[int, str]:
    """The words an agent kept with these events, by event."""
    wanted = {event.detail["note_id"]: event.id for event in found if "note_id" in event.detail}
    notes = db.session.scalars(sa.select(DeskNote).where(DeskNote.id.in_(wanted)))
    return {wanted[note.id]: note.words for note in notes}
