"""The one door through which anything changes its state.

``transition`` moves records along their machine's table: one conditional UPDATE that names the state it leaves (the
claim), then the event rows, then the postings the move owes. The unit of work refuses to commit while a posting is
owed. Facts that travel upward are handed, in the same transaction, to the reactions that ``wiring`` registered.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy import event as sa_event
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.orm.attributes import manager_of_class, set_committed_value

from marketplace.database import Base, JSONDocument, Model, db, enum_column
from marketplace.errors import LostRace, ProgrammingError, Refusal
from marketplace.many_rows import bound_among, insert_all

# Actors --------------------------------------------------------------------------------------------------------------


class ActorKind(enum.StrEnum):
    PERSON = "person"
    SYSTEM = "system"  # a deadline, a reconciler
    CARRIER = "carrier"
    PROVIDER = "provider"  # the payment provider


@dataclass(frozen=True)
class Actor:
    """Who did it. Only people have an id."""

    kind: ActorKind
    id: int | None = None

    @property
    def actor(self) -> Actor:
        return self


class HasActor(Protocol):
    @property
    def actor(self) -> Actor: ...


SYSTEM = Actor(ActorKind.SYSTEM)
CARRIER = Actor(ActorKind.CARRIER)
PROVIDER = Actor(ActorKind.PROVIDER)

# State machines ------------------------------------------------------------------------------------------------------

S = TypeVar("S", bound=enum.StrEnum)


@dataclass(frozen=True)
class Machine:
    """A pure table of moves. ``owes`` names, for an action, the kind of posting that must go with it."""

    states: type[enum.StrEnum]
    table: Mapping[tuple[Any, str], Any]
    refusals: Mapping[str, type[Refusal]]
    owes: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        unnamed = {action for _, action in self.table} ^ set(self.refusals)
        if unnamed:
            raise ProgrammingError(f"actions without a named refusal, or the reverse: {sorted(unnamed)}")

    def next_state(self, state: S, action: str) -> S:
        """The state that ``action`` leads to; raises the action's own refusal where it is not allowed."""
        try:
            return cast("S", self.table[state, action])
        except KeyError:
            raise self.refusals[action]() from None

    def allows(self, state: enum.StrEnum, action: str) -> bool:
        return (state, action) in self.table

    def sources(self, action: str) -> list[enum.StrEnum]:
        """The states ``action`` may leave."""
        return [state for state, name in self.table if name == action]


# A model with a ``state`` column and its ``machine``: mapped attributes are descriptors, so no Protocol describes them.
R = TypeVar("R", bound=Base)

# The event row -------------------------------------------------------------------------------------------------------


class Event(Model):
    """One thing that happened to one record: append-only, ids and numbers only, no personal text."""

    __tablename__ = "events"
    __table_args__ = (sa.Index(None, "subject_type", "subject_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    subject_type: Mapped[str] = mapped_column(sa.String(40))
    subject_id: Mapped[int]
    action: Mapped[str] = mapped_column(sa.String(40))
    from_state: Mapped[str | None] = mapped_column(sa.String(40))
    to_state: Mapped[str | None] = mapped_column(sa.String(40))
    actor_kind: Mapped[ActorKind] = mapped_column(enum_column(ActorKind))
    actor_id: Mapped[int | None]
    detail: Mapped[dict[str, Any]] = mapped_column(JSONDocument, default=dict)


def history(subject: Any) -> Sequence[Event]:
    """Everything that happened to ``subject``, oldest first."""
    return db.session.scalars(
        sa.select(Event)
        .where(Event.subject_type == subject.__tablename__, Event.subject_id == subject.id)
        .order_by(Event.id)
    ).all()


# Statements are made once: that costs as much as running them.
_EVENTS: Any = Event.__table__
_ONE_EVENT = sa.insert(_EVENTS).returning(_EVENTS.c.id)


def _insert(rows: list[dict[str, Any]]) -> list[Event]:
    if len(rows) == 1:
        keys = [db.session.connection().execute(_ONE_EVENT, rows[0]).scalar_one()]
    else:
        keys = insert_all(Event, rows, returning=Event.id)
    return [_written(key, row) for key, row in zip(keys, rows, strict=True)]


def _written(key: int, row: dict[str, Any]) -> Event:
    """The event of a row that stands already: to be read, and never written again. Nobody listens to its making."""
    event: Event = manager_of_class(Event).new_instance()
    vars(event).update(row, id=key)
    return event


def record(subject: Any, action: str, *, by: HasActor, at: datetime, **detail: Any) -> Event:
    """Write down something that changes no state. ``detail`` holds ids, numbers and keys only."""
    db.session.flush()
    return _insert([_row(subject, action, None, None, by.actor, at, detail)])[0]


def _row(
    subject: Any,
    action: str,
    source: str | None,
    target: str | None,
    actor: Actor,
    at: datetime,
    detail: dict[str, Any],
) -> dict[str, Any]:
    return {
        "at": at,
        "subject_type": subject.__tablename__,
        "subject_id": subject.id,
        "action": action,
        "from_state": source,
        "to_state": target,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "detail": detail,
    }


# Transitions ---------------------------------------------------------------------------------------------------------


def transition(
    subject: R,
    action: str,
    *,
    by: HasActor,
    at: datetime,
    where: Iterable[sa.ColumnElement[bool]] = (),
    sets: Mapping[str, Any] | None = None,
    **detail: Any,
) -> Event:
    """Move one record, or raise the action's refusal (not from this state) or ``LostRace`` (someone was first).

    ``where`` adds conditions to the claim, ``sets`` further columns to the same UPDATE.
    """
    moved = transition_all([subject], action, by=by, at=at, where=where, sets=sets, **detail)
    if not moved:
        raise LostRace()
    return moved[0][1]


def transition_all(
    subjects: Sequence[R],
    action: str,
    *,
    by: HasActor,
    at: datetime,
    where: Iterable[sa.ColumnElement[bool]] = (),
    sets: Mapping[str, Any] | None = None,
    **detail: Any,
) -> list[tuple[R, Event]]:
    """Move many records of one kind in one UPDATE a starting state; returns those that this claim really moved."""
    if not subjects:
        return []
    model: Any = type(subjects[0])
    machine: Machine = model.machine
    rows: Sequence[Any] = subjects
    targets = {source: machine.next_state(source, action) for source in {row.state for row in rows}}
    values = dict(sets or {})
    db.session.flush()
    connection = db.session.connection()
    claim = _claim(model, tuple(sorted(values)), connection.dialect.name)
    if conditions := tuple(where):
        claim = claim.where(*conditions)
    moved: list[tuple[Any, enum.StrEnum, enum.StrEnum]] = []
    for source, target in targets.items():
        group = {row.id: row for row in rows if row.state == source}
        told = {f"{_NEW}{name}": value for name, value in values.items()}
        won = set(
            connection.execute(claim, {_AMONG: list(group), _OLD: source, f"{_NEW}state": target, **told}).scalars()
        )
        moved += [(subject, source, target) for key, subject in group.items() if key in won]
    events = _insert([_row(s, action, old, new, by.actor, at, dict(detail)) for s, old, new in moved]) if moved else []
    for subject, _old, new in moved:
        set_committed_value(subject, "state", new)
        for name, value in values.items():
            set_committed_value(subject, name, value)
        if action in machine.owes:
            owe(f"{machine.owes[action]}:{subject.__tablename__}:{subject.id}")
    return [(subject, row) for (subject, _, _), row in zip(moved, events, strict=True)]


_AMONG, _OLD, _NEW = "claimed", "leaves", "new_"  # no column is called like this


@lru_cache(maxsize=500)
def _claim(model: Any, names: tuple[str, ...], dialect: str) -> sa.Update:
    """The conditional UPDATE of one kind of record that sets these columns besides its state."""
    columns: Any = model.__table__.c
    keys = bound_among(columns.id, _AMONG, dialect)
    values = {name: sa.bindparam(_NEW + name, type_=columns[name].type) for name in ("state", *names)}
    left = columns.state == sa.bindparam(_OLD, type_=columns.state.type)
    return cast("sa.Update", sa.update(model.__table__).where(keys, left).values(values).returning(columns.id))


# Postings owed -------------------------------------------------------------------------------------------------------


def owe(key: str) -> None:
    """Note that the posting ``key`` must be made before this unit of work may commit."""
    db.session().info.setdefault("owed", set()).add(key)


def paid(key: str) -> None:
    """The posting has been made."""
    db.session().info.get("owed", set()).discard(key)


@sa_event.listens_for(Session, "before_commit")
def _nothing_owed(session: Session) -> None:
    owed = session.info.get("owed")
    if owed and session.get_nested_transaction() is None:
        raise ProgrammingError(f"postings owed but not made: {sorted(owed)}")


@sa_event.listens_for(Session, "after_transaction_end")
def _forget_owed(session: Session, transaction: Any) -> None:
    if transaction.parent is None:
        session.info.pop("owed", None)


# Facts ---------------------------------------------------------------------------------------------------------------

F = TypeVar("F")
_reactions: dict[type, list[Callable[[Any], object]]] = {}


def react_to(fact: type[F], reaction: Callable[[F], object]) -> None:
    """Register a reaction; ``wiring`` alone calls this. Registering twice has no effect."""
    known = _reactions.setdefault(fact, [])
    if reaction not in known:
        known.append(reaction)


def announce(fact: object) -> None:
    """Hand a fact to its reactions, in this transaction, in the order of their registration."""
    for reaction in _reactions.get(type(fact), ()):
        reaction(fact)
