"""What the desk's work comes to: how old the open cases are, how long decisions took, which stood, who gave what."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

import sqlalchemy as sa

from marketplace.database import db
from marketplace.disputes.models import Decision, Dispute
from marketplace.disputes.states import OVER
from marketplace.events import ActorKind, Event
from marketplace.ledger import Account
from marketplace.ledger.models import LedgerEntry, LedgerTransaction
from marketplace.money import Money
from marketplace.payouts.models import Goodwill
from marketplace.people.models import Person, StaffRole
from marketplace.programme import versions

AGES = (1, 3, 7, 14)  # days: the upper ends of the groups of open cases; older ones are the last group
TIMES = (1, 2, 3, 5)  # business days: the same of the time to a decision

BEGINS = ("review", "appeal", "report_swap", "send_back")  # from here on the desk owes a decision
LATE = "escalate"  # it was not kept, and a new date was set
ENDS = ("decide", "decide_return")


def open_by_age(at: datetime) -> list[int]:
    """How many open cases are up to each of ``AGES`` days old, and how many older."""
    opened = db.session.scalars(sa.select(Dispute.opened_at).where(Dispute.state.not_in(OVER)))
    return _grouped(((at - moment) / timedelta(days=1) for moment in opened), AGES)


def _grouped(values: Iterable[float], ends: Sequence[int]) -> list[int]:
    counted = Counter(next((place for place, end in enumerate(ends) if value <= end), len(ends)) for value in values)
    return [counted[place] for place in range(len(ends) + 1)]


@dataclass(frozen=True)
class Decided:
    """One decision: from when it was owed to when it was made, in business days, and whether the date was kept."""

    days: int
    is_on_time: bool


def decisions(since: datetime, until: datetime) -> list[Decided]:
    """The decisions made within a time, from the events of their cases (promise against actual)."""
    calendar = versions.current().calendar
    found = db.session.execute(
        sa.select(Event.subject_id, Event.action, Event.at)
        .where(
            Event.subject_type == Dispute.__tablename__,
            Event.action.in_((*BEGINS, LATE, *ENDS)),
            Event.subject_id.in_(sa.select(Decision.dispute_id).where(Decision.decided_at >= since)),
        )
        .order_by(Event.subject_id, Event.id)
    )
    of_case: dict[int, list[tuple[str, datetime]]] = defaultdict(list)
    for case, action, moment in found:
        of_case[case].append((action, moment))
    spans = [span for told in of_case.values() for span in _spans(told)]
    return [
        Decided(calendar.business_days_between(begun, made), is_on_time)
        for begun, made, is_on_time in spans
        if since <= made <= until
    ]


def _spans(told: Sequence[tuple[str, datetime]]) -> Iterator[tuple[datetime, datetime, bool]]:
    """From when each decision of one case was owed, when it was made, and whether the date first set was kept."""
    begun: datetime | None = None
    is_on_time = True
    for action, moment in told:
        if action in BEGINS and action != "send_back":
            begun, is_on_time = moment, True
        elif action == LATE:
            is_on_time = False
        elif action in ENDS and begun is not None:
            yield begun, moment, is_on_time
            begun = None


@dataclass(frozen=True)
class Pace:
    """Decisions of a time: in each of ``TIMES`` and longer, their median, and those whose date was kept."""

    groups: list[int]
    median_days: float | None
    on_time: int
    all: int

    @property
    def share_on_time(self) -> float | None:
        return self.on_time / self.all if self.all else None


def pace(since: datetime, until: datetime) -> Pace:
    made = decisions(since, until)
    days = [one.days for one in made]
    return Pace(_grouped(days, TIMES), median(days) if days else None, sum(d.is_on_time for d in made), len(made))


@dataclass(frozen=True)
class Appeals:
    """Decisions on appeals within a time, and how many of them came out otherwise than before."""

    heard: int
    reversed: int

    @property
    def rate(self) -> float | None:
        return self.reversed / self.heard if self.heard else None


def appeals(since: datetime, until: datetime) -> Appeals:
    heard, turned = db.session.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(sa.case((Decision.reverses, 1), else_=0)), 0)).where(
            Decision.hears.is_not(None), Decision.decided_at >= since, Decision.decided_at <= until
        )
    ).one()
    return Appeals(int(heard), int(turned))


@dataclass(frozen=True)
class Gave:
    """What one member of staff moved within a time."""

    agent: str
    decisions: int
    refunds: int
    refunded: Money
    gifts: int
    goodwill: Money


def by_agent(since: datetime, until: datetime) -> list[Gave]:
    """Decisions, refunds and goodwill of everybody on the staff who moved any, the most money first."""
    currency = versions.current().policy.market.currency
    refunds, gifts = _refunds(since, until, currency), _gifts(since, until, currency)
    decided = _decided(since, until)
    staff = sa.select(Person).where(Person.id.in_({*refunds, *gifts, *decided}))
    rows = [
        Gave(
            person.name or person.email,
            decided.get(person.id, 0),
            *_counted(refunds.get(person.id), currency),
            *_counted(gifts.get(person.id), currency),
        )
        for person in db.session.scalars(staff)
    ]
    return sorted(rows, key=lambda row: (-(row.refunded + row.goodwill).minor, row.agent))


def _counted(found: tuple[int, int] | None, currency: str) -> tuple[int, Money]:
    count, minor = found or (0, 0)
    return count, Money(minor, currency)


def _decided(since: datetime, until: datetime) -> dict[int, int]:
    made = sa.select(Decision.author_id, sa.func.count()).where(
        Decision.decided_at >= since, Decision.decided_at <= until
    )
    return {author: int(count) for author, count in db.session.execute(made.group_by(Decision.author_id))}


def _refunds(since: datetime, until: datetime, currency: str) -> dict[int, tuple[int, int]]:
    """What staff owed buyers back by their own act: refund payable is credited by the event that names them."""
    owed = (
        sa.select(Event.actor_id, sa.func.count(), sa.func.sum(-LedgerEntry.amount_minor))
        .join(LedgerTransaction, LedgerTransaction.event_id == Event.id)
        .join(LedgerEntry, LedgerEntry.transaction_id == LedgerTransaction.id)
        .where(
            Event.actor_kind == ActorKind.PERSON,
            Event.actor_id.in_(sa.select(StaffRole.person_id)),
            LedgerTransaction.kind.in_(("refund", "refund_part")),
            LedgerEntry.account == Account.REFUND_PAYABLE,
            LedgerEntry.currency == currency,
            Event.at >= since,
            Event.at <= until,
        )
        .group_by(Event.actor_id)
    )
    return {actor: (int(count), int(minor)) for actor, count, minor in db.session.execute(owed) if actor is not None}


def _gifts(since: datetime, until: datetime, currency: str) -> dict[int, tuple[int, int]]:
    given = (
        sa.select(Goodwill.given_by_id, sa.func.count(), sa.func.sum(Goodwill.amount_minor))
        .where(Goodwill.given_at >= since, Goodwill.given_at <= until, Goodwill.currency == currency)
        .group_by(Goodwill.given_by_id)
    )
    return {actor: (int(count), int(minor)) for actor, count, minor in db.session.execute(given)}
