"""Where an open case stands, in the words of one side: who must act, by when, and what silence brings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import LazyString
from flask_babel import gettext as _
from sqlalchemy.orm.attributes import InstrumentedAttribute

from marketplace import clock
from marketplace.database import db
from marketplace.disputes.models import Dispute
from marketplace.disputes.permissions import can_appeal
from marketplace.disputes.states import NOT_SENT_BACK, SILENCE, DisputeState, Side, WaitingOn
from marketplace.disputes.waiting import waiting_on
from marketplace.disputes.words import WAITING
from marketplace.orders.models import Order
from marketplace.orders.states import OrderState
from marketplace.people.models import Person
from marketplace.presentation import deadline

_PARTIES = {Side.BUYER: WaitingOn.BUYER, Side.SELLER: WaitingOn.SELLER}


@dataclass(frozen=True)
class Standing:
    """What the deadline note of a case says. ``is_mine``: the side that reads it is the one waited for."""

    lead: str
    text: str
    is_mine: bool


def standing(dispute: Dispute, side: Side) -> Standing | None:
    """How the case stands for this side; None once it is over."""
    party = waiting_on(dispute)
    if party is None or dispute.due_at is None:
        return None
    mine = _PARTIES.get(side) is party
    return Standing(_lead(dispute, side, party, dispute.due_at), str(_silence(dispute)), mine)


def _silence(dispute: Dispute) -> LazyString:
    """What follows when nobody acts. A piece that is refunded at its first scan alone is kept without a refund."""
    is_unpaid = dispute.order.state is OrderState.DISPUTED
    if dispute.state is DisputeState.RETURN_LABEL and is_unpaid:
        return NOT_SENT_BACK
    return SILENCE[dispute.state].outcome


def _lead(dispute: Dispute, side: Side, party: WaitingOn, due_at: datetime) -> str:
    when = deadline(due_at)
    if _PARTIES.get(side) is party:
        return str(_("Waiting for you until %(when)s.", when=when))
    if party is WaitingOn.EITHER_SIDE and side in _PARTIES:
        if can_appeal(dispute, side, clock.now()):
            return str(_("You may appeal until %(when)s.", when=when))
        return str(_("The other side may appeal until %(when)s.", when=when))
    return str(_("Waiting for %(who)s until %(when)s.", who=WAITING[party], when=when))


def waiting_for(person: Person, side: Side) -> list[Dispute]:
    """The open cases in which this person, as buyer or as seller, has to act, the most urgent first."""
    theirs: InstrumentedAttribute[int | None] = Order.buyer_id if side is Side.BUYER else Order.seller_id
    cases = db.session.scalars(
        sa.select(Dispute)
        .join(Order, Order.id == Dispute.order_id)
        .where(theirs == person.id, Dispute.closed_at.is_(None))
        .order_by(Dispute.due_at, Dispute.id)
    )
    return [case for case in cases if waiting_on(case) is _PARTIES[side]]
