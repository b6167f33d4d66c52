"""Goodwill: a gift card out of the programme's own pocket, within the limit of who gives it (fault P06)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace import events
from marketplace.database import db, public_id, queue_behind
from marketplace.errors import Refusal
from marketplace.jobs import outbox
from marketplace.ledger import Account, Line, Posting, post
from marketplace.money import Money, format_money
from marketplace.payouts.gift_cards import request_of
from marketplace.payouts.models import CannotPayOut, Goodwill, PayoutState
from marketplace.people.models import Person, Role
from marketplace.programme import versions

GOODWILL_CARD = "goodwill_card"


class TooMuchGoodwill(Refusal):
    """``left`` is what this person may still give on this order."""

    status = 422

    def __init__(self, left: Money) -> None:
        super().__init__(_("You may give at most %(amount)s more on this order.", amount=format_money(left)))


class GoodwillToSelf(Refusal):
    message = _l("Nobody gives goodwill to themselves.")
    status = 403


def given_on(order_id: int) -> list[Goodwill]:
    """What was given on an order, oldest first."""
    return list(db.session.scalars(sa.select(Goodwill).where(Goodwill.order_id == order_id).order_by(Goodwill.id)))


def left_for(person: Person, order_id: int) -> Money:
    """What this person may still give on an order: the limit of the highest role, less what anybody has given."""
    policy = versions.current().policy
    is_manager = person.has_role(Role.MANAGER)
    limit = policy.desk.goodwill_manager_minor if is_manager else policy.desk.goodwill_agent_minor
    given = db.session.scalar(sa.select(sa.func.sum(Goodwill.amount_minor)).where(Goodwill.order_id == order_id))
    return Money(max(limit - int(given or 0), 0), policy.market.currency)


def give(order_id: int, receiver: Person, amount: Money, *, by: Person, at: datetime) -> Goodwill:
    """Owe ``receiver`` a gift card: Dr goodwill, Cr seller payable; the card itself goes the way of every payout.

    Raises ``TooMuchGoodwill`` and ``GoodwillToSelf``. That nobody acts on an order of their own is the caller's.
    """
    queue_behind(f"goodwill:{order_id}")  # two gifts at once count each other
    if receiver.id == by.id:
        raise GoodwillToSelf()
    left = left_for(by, order_id)
    if not Money.zero(left.currency) < amount <= left:
        raise TooMuchGoodwill(left)
    gift = Goodwill(
        number=public_id("K"),
        order_id=order_id,
        receiver_id=receiver.id,
        state=PayoutState.DUE,
        amount_minor=amount.minor,
        currency=amount.currency,
        given_by_id=by.id,
        given_at=at,
    )
    db.session.add(gift)
    cause = events.record(gift, "give", by=by, at=at, order_id=order_id, minor=amount.minor)
    lines = (
        Line(Account.GOODWILL, amount, order_id=order_id),
        Line(Account.SELLER_PAYABLE, -amount, order_id=order_id),
    )
    post(Posting("goodwill", gift, cause, at, gift.number, lines))
    ask(gift, at=at)
    return gift


def ask(gift: Goodwill, *, at: datetime) -> None:
    """Queue the card; one asked for before is asked for under a new key."""
    asked = len(outbox.rows_of(gift, GOODWILL_CARD))
    key = f"{GOODWILL_CARD}:{gift.number}:{asked}" if asked else f"{GOODWILL_CARD}:{gift.number}"
    outbox.enqueue(GOODWILL_CARD, key=key, subject=gift, request=request_of(gift), at=at)


def issue_again(gift: Goodwill, *, at: datetime) -> None:
    """Ask once more for a card that was refused. Raises ``CannotPayOut`` where it was not."""
    if gift.state is not PayoutState.REFUSED:
        raise CannotPayOut()
    ask(gift, at=at)
