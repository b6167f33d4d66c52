"""A blind second opinion: a colleague says what they would decide before reading what the asker would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from marketplace import events
from marketplace.database import db
from marketplace.disputes import outcomes
from marketplace.disputes.locking import lock
from marketplace.disputes.models import AgentView, Dispute, SecondOpinion
from marketplace.disputes.permissions import OwnCase, is_party
from marketplace.disputes.states import DisputeState, Remedy
from marketplace.errors import Refusal
from marketplace.money import Money
from marketplace.orders import refunding
from marketplace.people.models import Person, Role, StaffRole


class CannotAskOpinion(Refusal):
    message = _l("A second opinion can be asked for while customer service decides, one at a time.")


class NotThatColleague(Refusal):
    message = _l("Choose another agent who is no party to this case.")
    status = 422


class CannotGiveOpinion(Refusal):
    message = _l("Nobody waits for your opinion on this case.")


class NotThatView(Refusal):
    message = _l("That cannot be decided in this case as it stands now.")
    status = 422


@dataclass(frozen=True)
class View:
    """What an agent would decide. ``of_price`` is a partial refund's share of the price."""

    remedy: Remedy
    words: str
    of_price: Money | None = None


def ask(dispute: Dispute, colleague: Person, view: View, *, by: Person, at: datetime) -> SecondOpinion:
    """Ask a colleague, with one's own view kept from them until theirs is in.

    Raises ``OwnCase``, ``CannotAskOpinion``, ``NotThatColleague``, ``NotThatView``, ``MoreThanLeft``.
    """
    dispute = lock(dispute)
    if is_party(dispute, by):
        raise OwnCase()
    if not can_ask(dispute):
        raise CannotAskOpinion()
    if colleague not in colleagues(dispute, by):
        raise NotThatColleague()
    _check(dispute, view)
    opinion = SecondOpinion(asker_id=by.id, asked_id=colleague.id, asked_at=at)
    dispute.opinions.append(opinion)
    db.session.flush()
    _keep(opinion, view, by=by, at=at)
    events.record(dispute, "ask_opinion", by=by, at=at, opinion_id=opinion.id)
    return opinion


def give(dispute: Dispute, view: View, *, by: Person, at: datetime) -> SecondOpinion:
    """The colleague answers, and from now on both read both.

    Raises ``CannotGiveOpinion``, ``OwnCase``, ``NotThatView``, ``MoreThanLeft``.
    """
    dispute = lock(dispute)
    opinion = awaited(dispute, by)
    if opinion is None:
        raise CannotGiveOpinion()
    if is_party(dispute, by):
        raise OwnCase()
    _check(dispute, view)
    _keep(opinion, view, by=by, at=at)
    opinion.answered_at = at
    events.record(dispute, "give_opinion", by=by, at=at, opinion_id=opinion.id)
    return opinion


def _check(dispute: Dispute, view: View) -> None:
    if view.remedy not in outcomes.remedies(dispute):
        raise NotThatView()
    if view.remedy is Remedy.PARTIAL_REFUND:
        refunding.after_part(dispute.order, view.of_price or Money.zero(dispute.order.currency))


def _keep(opinion: SecondOpinion, view: View, *, by: Person, at: datetime) -> None:
    of_price = view.of_price if view.remedy is Remedy.PARTIAL_REFUND else None
    kept = AgentView(
        author_id=by.id,
        remedy=view.remedy,
        of_price_minor=of_price.minor if of_price else None,
        words=view.words,
        given_at=at,
    )
    opinion.views.append(kept)
    db.session.flush()


def lapse(dispute: Dispute, *, at: datetime) -> None:
    """The case goes on without the answer: it would no longer be blind."""
    for opinion in dispute.opinions:
        if opinion.is_open:
            opinion.lapsed_at = at


# Reading -------------------------------------------------------------------------------------------------------------


def can_ask(dispute: Dispute) -> bool:
    """While the desk decides, one at a time."""
    return dispute.state is DisputeState.IN_REVIEW and not any(opinion.is_open for opinion in dispute.opinions)


def awaited(dispute: Dispute, person: Person) -> SecondOpinion | None:
    """The opinion this person has been asked for and has not given."""
    asked = [opinion for opinion in dispute.opinions if opinion.is_open and opinion.asked_id == person.id]
    return asked[0] if asked else None


def readable(dispute: Dispute, person: Person) -> list[AgentView]:
    """The views this person may read: their own, and of each pair both once both are in."""
    views = [view for opinion in dispute.opinions for view in opinion.views]
    return [view for view in views if view.author_id == person.id or view.opinion.answered_at is not None]


def colleagues(dispute: Dispute, person: Person) -> Sequence[Person]:
    """Whom to ask: every other agent who is no party to the case, by name."""
    agents = sa.select(StaffRole.person_id).where(StaffRole.role == Role.AGENT)
    parties = [person.id, dispute.order.buyer_id, dispute.order.seller_id]
    others = sa.select(Person).where(Person.id.in_(agents), Person.id.not_in([one for one in parties if one]))
    return db.session.scalars(others.order_by(Person.name, Person.id)).all()


def asked_of(person: Person) -> Sequence[Dispute]:
    """The cases on which this person's opinion is waited for, least time left first."""
    waiting = sa.select(SecondOpinion.dispute_id).where(
        SecondOpinion.asked_id == person.id, SecondOpinion.answered_at.is_(None), SecondOpinion.lapsed_at.is_(None)
    )
    return db.session.scalars(
        sa.select(Dispute).where(Dispute.id.in_(waiting)).order_by(Dispute.due_at, Dispute.id)
    ).all()
