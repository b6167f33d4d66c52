"""The end of a good sale: the buyer confirms, or stays silent, and the money goes where it belongs, once.

Each fork is one conditional UPDATE; money moves after it. Single and batch share this code: one order is a batch of
one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from marketplace import events
from marketplace.database import db
from marketplace.errors import LostRace
from marketplace.events import CARRIER, PROVIDER, SYSTEM, HasActor
from marketplace.jobs import deadlines
from marketplace.ledger import post, post_all
from marketplace.listings.models import Item
from marketplace.many_rows import among
from marketplace.money import Money
from marketplace.orders import accounting, holds, terms
from marketplace.orders.facts import OrdersConfirmed, OrdersSettled
from marketplace.orders.models import Confirmation, Order
from marketplace.orders.states import CannotConfirm, CannotContest, CannotSettle, OrderState
from marketplace.payments import chargebacks
from marketplace.payouts.paying import PayoutOwed, owe_payouts

CONFIRM_BY = "confirm_by"
BY_BANK = "chargeback"
POSTPONE = timedelta(hours=1)

ENDING_DEADLINES = (
    CONFIRM_BY,
    "no_movement",
    "carrier_answer",
    "late_word",
    "ship_by",
    "ship_by_reminder",
    "cancel_late",
    "label_late",
)


def window_is_open(order: Order, at: datetime) -> bool:
    """Whether the buyer may still confirm or report: ``now < closes_at`` (GAP-03)."""
    return order.window_closes_at is not None and at < order.window_closes_at


def confirm(order: Order, *, stars: int, words: str, by: HasActor, at: datetime) -> None:
    """The buyer says the piece is as described, and rates it (MK-41, MK-58); the sale is settled at once.

    Allowed from in transit on, and after delivery while the window is open; raises ``CannotConfirm`` else.
    """
    db.session.refresh(order, with_for_update=True)  # what was refunded in part until now counts
    still_open = sa.or_(Order.state == OrderState.IN_TRANSIT, Order.window_closes_at > at)
    try:
        event = events.transition(order, "confirm", by=by, at=at, where=[still_open])
    except LostRace:
        raise CannotConfirm() from None
    db.session.add(Confirmation(order_id=order.id, stars=stars, words=words, written_at=at))
    settle([(order, event)], by=by, at=at)
    events.announce(OrdersConfirmed((order.id,), False, at))


def sweep_confirmations(order_ids: Sequence[int], at: datetime) -> None:
    """Silence confirms, from the moment the window closes (MK-42, GAP-03).

    An order whose delivery mail has not been out long enough gets that much longer; the others are settled together.
    """
    orders = list(
        db.session.scalars(
            sa.select(Order)
            .where(among(Order.id, order_ids), Order.state == OrderState.DELIVERED)
            .options(selectinload(Order.confirmation))
            .order_by(Order.id)
            .with_for_update()  # a buyer who acts at this very moment is first, or comes after us
        )
    )
    ready = [
        order for order in orders if order.delivery_mail_at and order.window_closes_at and order.window_closes_at <= at
    ]
    moved = events.transition_all(ready, "auto_confirm", by=SYSTEM, at=at, where=[Order.window_closes_at <= at])
    settle(moved, by=SYSTEM, at=at)
    if moved:
        events.announce(OrdersConfirmed(tuple(order.id for order, _event in moved), True, at))
    for order in set(orders) - {order for order, _event in moved}:
        _wait_longer(order, at)


def _wait_longer(order: Order, at: datetime) -> None:
    """Without a handed-over mail the window has not begun to close; with one, its own moment stands."""
    if order.delivery_mail_at is None:
        hours = terms.of_buyer(order).limits.confirmation_window_hours
        order.window_closes_at = at + timedelta(hours=hours)
        deadlines.set_deadline(CONFIRM_BY, order, at + POSTPONE)
    elif order.window_closes_at is not None:
        deadlines.set_deadline(CONFIRM_BY, order, order.window_closes_at)


def waits_for_delivery_mail(order: Order) -> bool:
    """Whether the buyer has yet to be told of the delivery: silence confirms nothing before (GAP-03)."""
    return order.state is OrderState.DELIVERED and order.delivery_mail_at is None


def note_delivery_mail(order: Order, *, at: datetime) -> None:
    """The mail that asks to confirm is out: the window closes no earlier than its hours after this (GAP-03).

    Where it bounced, an agent who has reached the buyer otherwise notes the same.
    """
    if not waits_for_delivery_mail(order):
        return
    closes_at = at + timedelta(hours=terms.of_buyer(order).limits.confirmation_window_hours)
    order.delivery_mail_at = at
    order.window_closes_at = closes_at
    deadlines.set_deadline(CONFIRM_BY, order, closes_at)


def contest(order: Order, *, by: HasActor, at: datetime, reason: str) -> None:
    """Stop the payout: something is wrong. After delivery only while the window is open (GAP-03).

    Raises ``CannotContest`` where the window has closed or the order is over.
    """
    still_open = sa.or_(Order.state != OrderState.DELIVERED, Order.window_closes_at > at)
    try:
        events.transition(order, "contest", by=by, at=at, where=[still_open], reason=reason)
    except LostRace:
        raise CannotContest() from None
    deadlines.cancel_deadlines([order], *ENDING_DEADLINES, at=at)


def contest_by_bank(order: Order, *, at: datetime) -> None:
    """The buyer's bank asks for the money: nothing is shipped, confirmed or settled until it has decided (B18)."""
    events.transition(order, "contest", by=PROVIDER, at=at, reason=BY_BANK)
    deadlines.cancel_deadlines([order], *ENDING_DEADLINES, at=at)


def is_contested_by_bank(order: Order) -> bool:
    """Whether it was the bank, and nobody else, who stopped a disputed order."""
    if order.state is not OrderState.DISPUTED:
        return False
    contested = [event for event in events.history(order) if event.action == "contest"]
    return bool(contested[-1].detail.get("reason") == BY_BANK)


def contest_by_carrier(order: Order, *, at: datetime) -> None:
    """The carrier takes its delivery back: the window stops and the desk decides (fault L06)."""
    events.transition(order, "contest", by=CARRIER, at=at, reason="carrier")
    deadlines.cancel_deadlines([order], *ENDING_DEADLINES, at=at)


def settle(moved: Sequence[tuple[Order, events.Event]], *, by: HasActor, at: datetime) -> None:
    """Divide the escrow of confirmed orders, owe their sellers, hand the pieces to their new owners."""
    if moved:
        _settle([order for order, _event in moved], by=by, at=at)


def _settle(orders: Sequence[Order], *, by: HasActor, at: datetime, on_top: Money | None = None) -> None:
    settled = events.transition_all(orders, "settle", by=by, at=at, sets={"closed_at": at})
    if len(settled) != len(orders):
        raise LostRace()
    post_all([accounting.settlement(order, event, at) for order, event in settled])
    stopped = _stopped_by_banks(orders)
    owe_payouts(
        [
            _share(order, _owed(order, on_top), is_stopped=order.id in stopped)
            for order in orders
            if order.seller_id is not None
        ],
        at=at,
    )
    holds.release(orders, at=at)
    _hand_over(orders)
    deadlines.cancel_deadlines(orders, *ENDING_DEADLINES, at=at)
    events.announce(OrdersSettled(tuple(order.id for order in orders), at))


def _stopped_by_banks(orders: Sequence[Order]) -> set[int]:
    """Those of the orders whose payment a bank has in its hands: their payouts wait (fault B18)."""
    held = chargebacks.stopping_among([order.checkout_id for order in orders])
    return {order.id for order in orders if order.checkout_id in held}


def _share(order: Order, amount: Money, *, is_stopped: bool) -> PayoutOwed:
    """What a member is owed for a sale, under the terms her listing was made under (GAP-18)."""
    return PayoutOwed(
        order.id,
        order.number,
        order.seller_id or 0,
        amount,
        is_stopped,
        terms_id=order.seller_policy_version_id,
    )


def _owed(order: Order, on_top: Money | None) -> Money:
    payout = accounting.split(order).payout
    return payout + on_top if on_top else payout


def settle_contested(order: Order, *, by: HasActor, at: datetime, on_top: Money | None = None) -> None:
    """The report is settled: the sale stands, for what is left of it. Raises ``CannotSettle`` unless it is disputed.

    ``on_top`` is what the programme pays the seller besides, out of its own pocket (GAP-21); both are one payout.
    """
    db.session.refresh(order, with_for_update=True)
    if order.state is not OrderState.DISPUTED:
        raise CannotSettle()
    if on_top:
        event = events.record(order, "compensate", by=by, at=at, minor=on_top.minor)
        post(accounting.compensation(order, on_top, event, at))
    _settle([order], by=by, at=at, on_top=on_top)


def compensate(order: Order, amount: Money, *, by: HasActor, at: datetime) -> None:
    """The programme pays the seller of a refunded order (GAP-08, GAP-21).

    Raises ``CannotSettle`` unless it was refunded, and has a seller; a second payout the database refuses.
    """
    if order.state is not OrderState.REFUNDED or order.seller_id is None:
        raise CannotSettle()
    event = events.record(order, "compensate", by=by, at=at, minor=amount.minor)
    post(accounting.compensation(order, amount, event, at))
    owe_payouts([_share(order, amount, is_stopped=order.id in _stopped_by_banks([order]))], at=at)


def _hand_over(orders: Sequence[Order]) -> None:
    """The pieces are their buyers' now."""
    db.session.execute(
        sa.update(Item)
        .where(Item.id == Order.item_id, among(Order.id, [order.id for order in orders]))
        .values(owner_id=Order.buyer_id)
        .execution_options(synchronize_session=False)
    )
