"""A buyer reports a problem, and may take the report back before anything is decided (GAP-03, MK-59)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from marketplace import events
from marketplace.database import db, public_id
from marketplace.disputes import closing, opinions, thread, waiting
from marketplace.disputes.facts import CaseMoved, News
from marketplace.disputes.locking import lock
from marketplace.disputes.models import Claim, Dispute, DisputePhoto
from marketplace.disputes.permissions import can_withdraw, kinds_open_to
from marketplace.disputes.states import CannotWithdraw, DisputeState, Kind, Side, Wish
from marketplace.errors import Refusal
from marketplace.money import Money
from marketplace.orders import refunding, resuming, settling
from marketplace.orders.models import Order
from marketplace.orders.states import CannotContest
from marketplace.people.models import Person


class NotThatWish(Refusal):
    message = _l("That cannot be asked for here.")
    status = 422


@dataclass(frozen=True)
class Report:
    """What the buyer says: what is wrong, with which parts, in which words, and what they wish.

    ``asked`` is the part of the price they want back where they would keep the piece.
    """

    kind: Kind
    wish: Wish
    words: str = ""
    parts: Sequence[str] = ()
    asked: Money | None = None


def wishes_for(kind: Kind) -> list[Wish]:
    """What may be asked for: what never arrived can neither be sent back nor kept."""
    return [Wish.REFUND] if kind is Kind.NEVER_ARRIVED else [Wish.RETURN, Wish.KEEP]


def open_dispute(order: Order, report: Report, *, by: Person, at: datetime) -> Dispute:
    """Stop the payout and its clock, and ask the seller; the house's own piece goes to the desk.

    One conditional UPDATE of the order decides against the window's end (GAP-03, fault W01). Raises ``CannotContest``
    where that is lost or the claim is not open now, ``NotThatWish``, ``MoreThanLeft``.
    """
    if report.kind not in kinds_open_to(order, at):
        raise CannotContest()
    if report.wish not in wishes_for(report.kind):
        raise NotThatWish()
    if report.wish is Wish.KEEP:
        refunding.after_part(order, report.asked or Money.zero(order.currency))
    settling.contest(order, by=by, at=at, reason=report.kind.value)
    dispute = Dispute(
        number=public_id("D"),
        order=order,
        state=DisputeState.OPENED,
        kind=report.kind,
        parts=list(report.parts),
        wish=report.wish,
        asked_minor=report.asked.minor if report.asked and report.wish is Wish.KEEP else None,
        opened_at=at,
    )
    db.session.add(dispute)
    db.session.flush()
    events.record(dispute, "open", by=by, at=at)
    events.transition(dispute, "review" if order.is_supply else "ask_seller", by=by, at=at)
    thread.say(dispute, report.words, side=Side.BUYER, by=by, at=at)
    _take_along(dispute)
    waiting.wait(dispute, at=at)
    events.announce(CaseMoved(dispute.id, News.OPENED, at, Side.BUYER))
    return dispute


def _take_along(dispute: Dispute) -> None:
    """What was said and shown on the way to here belongs to the case now."""
    order_id = dispute.order_id
    loose = sa.update(DisputePhoto).where(DisputePhoto.order_id == order_id, DisputePhoto.dispute_id.is_(None))
    db.session.execute(loose.values(dispute_id=dispute.id).execution_options(synchronize_session=False))
    db.session.execute(sa.delete(Claim).where(Claim.order_id == order_id))
    db.session.expire(dispute, ["photos"])


def withdraw(dispute: Dispute, *, by: Person, at: datetime) -> None:
    """The buyer takes the report back; the order goes on from where it and its parcel stand.

    A window still open stays open until its moment; one that has closed settles the sale. Raises ``CannotWithdraw``
    once somebody has decided.
    """
    dispute = lock(dispute)
    if not can_withdraw(dispute):
        raise CannotWithdraw()
    events.transition(dispute, "withdraw", by=by, at=at)
    opinions.lapse(dispute, at=at)
    waiting.wait_no_more(dispute, at=at)
    resuming.resume(dispute.order, by=by, at=at)
    if closing.is_with_bank(dispute.order) and Order.machine.allows(dispute.order.state, "contest"):
        settling.contest_by_bank(dispute.order, at=at)
    events.announce(CaseMoved(dispute.id, News.WITHDRAWN, at, Side.BUYER))
