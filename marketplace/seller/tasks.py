"""What waits for a member, the most urgent first: parcels, reports, offers, answers to us."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from flask import url_for
from flask_babel import gettext as _

from marketplace.database import db
from marketplace.disputes.standing import standing, waiting_for
from marketplace.disputes.states import Side
from marketplace.listings.models import Listing
from marketplace.offers import bargaining
from marketplace.offers.states import OfferState
from marketplace.orders.models import Order
from marketplace.orders.states import OrderState
from marketplace.people.models import Person
from marketplace.presentation import money
from marketplace.seller.next_steps import NextStep

_NO_END = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Task:
    """One thing to do, with its one button: what ``todo_list`` in ``templates/components/progress.html`` shows."""

    title: str
    href: str
    label: str
    due: datetime | None = None
    text: str | None = None


def tasks_of(person: Person, steps: Iterable[tuple[Listing, NextStep]]) -> list[Task]:
    """Everything that waits for this member: by its deadline, and last what has none."""
    tasks = [*_parcels(person), *_cases(person), *_offers(person), *_answers(steps)]
    return sorted(tasks, key=lambda task: task.due or _NO_END)


def _parcels(person: Person) -> list[Task]:
    orders = db.session.scalars(
        sa.select(Order)
        .where(Order.seller_id == person.id, Order.state == OrderState.LABEL_ISSUED)
        .order_by(Order.ship_by_at)
    )
    return [
        Task(
            _("Ship: %(title)s", title=order.as_sold["title"]),
            url_for("sales.sale", number=order.number),
            _("Open the sale"),
            order.ship_by_at,
        )
        for order in orders
    ]


def _cases(person: Person) -> list[Task]:
    """Reports that wait for her answer, and pieces that came back and wait for her word."""
    return [
        Task(
            _("A problem was reported: %(title)s", title=case.order.as_sold["title"]),
            url_for("disputes.case", number=case.number),
            _("Open the case"),
            case.due_at,
            stands.text if (stands := standing(case, Side.SELLER)) else None,
        )
        for case in waiting_for(person, Side.SELLER)
    ]


def _offers(person: Person) -> list[Task]:
    return [
        Task(
            _("Answer an offer: %(title)s", title=offer.listing.title),
            url_for("seller_offers.show", offer_id=offer.id),
            _("Answer"),
            offer.due_at,
            _("%(price)s offered. Without an answer it lapses.", price=money(offer.price)),
        )
        for offer in bargaining.offers_to(person)
        if offer.state is OfferState.OPEN
    ]


def _answers(steps: Iterable[tuple[Listing, NextStep]]) -> list[Task]:
    """Listings that wait for their seller."""
    return [
        Task(f"{step.label}: {listing.title}", step.href, step.link_label, text=step.text)
        for listing, step in steps
        if step.is_mine
    ]
