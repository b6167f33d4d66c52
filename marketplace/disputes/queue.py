"""The desk's queues of open cases, least time left first: each a view of one list, all counted in one question."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from marketplace.database import db
from marketplace.disputes.caseload import Assignment, Snooze
from marketplace.disputes.models import Dispute
from marketplace.disputes.states import OVER, DisputeState, Kind, Side, WaitingOn
from marketplace.disputes.waiting import acts_next
from marketplace.events import Event
from marketplace.orders import terms
from marketplace.orders.models import Order
from marketplace.people.models import Person

MOST_SHOWN = 500


class View(enum.StrEnum):
    """The queues, by the word in their address."""

    MINE = "mine"
    UNASSIGNED = "unassigned"
    DUE_TODAY = "due-today"
    OVERDUE = "overdue"
    ALL = "all"


@dataclass(frozen=True)
class Row:
    """One case as its queue shows it. ``is_late``: a promise of ours has passed, whatever the new date."""

    id: int
    number: str
    title: str
    kind: Kind
    state: DisputeState
    waiting_on: WaitingOn | None
    due_at: datetime
    agent: str
    is_late: bool
    hears_appeal: bool


def end_of_day(at: datetime) -> datetime:
    """The last second of the local day."""
    zone = terms.calendar().zone
    return datetime.combine(at.astimezone(zone).date(), time(23, 59, 59), zone).astimezone(UTC)


_HEARS_APPEAL = sa.or_(
    sa.and_(Dispute.hearing == Side.BUYER, Dispute.buyer_appealed_at.is_not(None)),
    sa.and_(Dispute.hearing == Side.SELLER, Dispute.seller_appealed_at.is_not(None)),
)
_OPEN = Dispute.state.not_in(OVER)


def _is_late(at: datetime) -> sa.ColumnElement[bool]:
    """Past its deadline, or given a new one by our own lateness since it came to the state it is in."""
    moved, late = aliased(Event), aliased(Event)
    of_case = (late.subject_type == Dispute.__tablename__, late.subject_id == Dispute.id)
    came = (
        sa.select(sa.func.max(moved.id))
        .where(moved.subject_type == Dispute.__tablename__, moved.subject_id == Dispute.id, moved.to_state.is_not(None))
        .correlate(Dispute)
        .scalar_subquery()
    )
    new_date = sa.select(late.id).where(*of_case, late.action == "escalate", late.id > came).correlate(Dispute)
    return sa.or_(Dispute.due_at <= at, new_date.exists())


def _condition(view: View, agent: Person, at: datetime) -> sa.ColumnElement[bool]:
    """What belongs to a view. What an agent has put aside is hidden from that agent's own queue alone."""
    if view is View.MINE:
        aside = sa.select(Snooze.agent_id).where(
            Snooze.dispute_id == Dispute.id, Snooze.agent_id == agent.id, Snooze.until > at
        )
        return sa.and_(Assignment.agent_id == agent.id, ~aside.exists())
    if view is View.UNASSIGNED:
        return Assignment.agent_id.is_(None)
    if view is View.DUE_TODAY:
        return sa.and_(Dispute.due_at > at, Dispute.due_at <= end_of_day(at))
    return _is_late(at) if view is View.OVERDUE else sa.true()


def counts(agent: Person, at: datetime) -> dict[View, int]:
    """How many open cases each view holds, in one statement."""
    sums = [sa.func.sum(sa.case((_condition(view, agent, at), 1), else_=0)) for view in View]
    whole = sa.select(*sums).select_from(Dispute).outerjoin(Assignment, Assignment.dispute_id == Dispute.id)
    found = db.session.execute(whole.where(_OPEN)).one()
    return {view: int(count or 0) for view, count in zip(View, found, strict=True)}


def rows(view: View, agent: Person, at: datetime, *, limit: int = MOST_SHOWN) -> Sequence[Row]:
    """The cases of a view, least time left first, in one statement; only the columns that are shown."""
    found = db.session.execute(
        sa.select(
            Dispute.id,
            Dispute.number,
            Order.as_sold["title"].as_string(),
            Dispute.kind,
            Dispute.state,
            Order.seller_id,
            Dispute.is_counterfeit,
            Dispute.due_at,
            Person.name,
            _is_late(at),
            _HEARS_APPEAL,
        )
        .join(Order, Order.id == Dispute.order_id)
        .outerjoin(Assignment, Assignment.dispute_id == Dispute.id)
        .outerjoin(Person, Person.id == Assignment.agent_id)
        .where(_OPEN, Dispute.due_at.is_not(None), _condition(view, agent, at))
        .order_by(Dispute.due_at, Dispute.id)
        .limit(limit)
    )
    return [
        Row(
            id_,
            number,
            title,
            kind,
            state,
            acts_next(state, goes_to_house=seller_id is None or counterfeit),
            due_at,
            name or "",
            bool(late),
            bool(appeal),
        )
        for id_, number, title, kind, state, seller_id, counterfeit, due_at, name, late, appeal in found
    ]


def next_of(dispute: Dispute, agent: Person, at: datetime) -> str | None:
    """The number of the case that waits for the desk next: the agent's own first, then anybody's, by time left."""
    aside = sa.select(Snooze.agent_id).where(
        Snooze.dispute_id == Dispute.id, Snooze.agent_id == agent.id, Snooze.until > at
    )
    waits = sa.or_(
        Dispute.state.in_((DisputeState.IN_REVIEW, DisputeState.AWAITING_APPROVAL)),
        sa.and_(Dispute.state.in_((DisputeState.AWAITING_SELLER, DisputeState.RETURNED)), Order.seller_id.is_(None)),
    )
    is_mine = sa.case((Assignment.agent_id == agent.id, 0), else_=1)
    return db.session.scalar(
        sa.select(Dispute.number)
        .join(Order, Order.id == Dispute.order_id)
        .outerjoin(Assignment, Assignment.dispute_id == Dispute.id)
        .where(waits, Dispute.id != dispute.id, ~aside.exists())
        .order_by(is_mine, Dispute.due_at, Dispute.id)
        .limit(1)
    )
