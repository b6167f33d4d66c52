"""A refund after the sale was settled: decided by the desk, and the programme's loss but for what is not spent.

What has not been handed to the seller, or not been spent of the card, is taken back with a refund in full; what is
spent the seller owes after a finding of fraud alone (GAP-21). A refund in part lowers a payout that still waits; one
that was made the seller keeps. From the owner of a consigned piece nothing is taken without a finding of fraud.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import lazy_gettext as _l

from marketplace import events
from marketplace.database import db
from marketplace.errors import ProgrammingError, Refusal
from marketplace.events import HasActor
from marketplace.ledger import post
from marketplace.money import Money
from marketplace.orders import accounting, refunding, tax_books
from marketplace.orders.facts import RefundedLate
from marketplace.orders.models import Order
from marketplace.orders.refunding import EndReason
from marketplace.orders.states import CannotRefund, OrderState
from marketplace.payments import chargebacks
from marketplace.payouts import debts, taking_back
from marketplace.payouts.paying import payout_of
from marketplace.payouts.taking_back import Reachable


class MoneyMoved(Refusal):
    message = _l("The money changed while you were looking at it. Nothing was refunded; look again.")


@dataclass(frozen=True)
class LateRefund:
    """The money of one such refund by line: to the buyer, and where it comes from."""

    of_price: Money
    of_shipping: Money
    of_tax: Money
    from_payout: Money  # owed to the seller, and never handed out now
    unspent: Money  # of the seller's card or credit, which ends
    owed_by_seller: Money  # spent, and owed back for fraud

    @property
    def to_buyer(self) -> Money:
        return self.of_price + self.of_shipping + self.of_tax

    @property
    def from_programme(self) -> Money:
        """What the programme loses; the tax is not handed on, so it is no loss."""
        return self.of_price + self.of_shipping - self.from_payout - self.unspent - self.owed_by_seller


def can_refund(order: Order) -> bool:
    """Whether the sale is settled, and no bank has its payment in its hands or has taken it (fault B18)."""
    return order.state is OrderState.SETTLED and not chargebacks.stopping_among([order.checkout_id])


def preview(order: Order, *, of_price: Money | None = None, is_fraud: bool = False) -> LateRefund:
    """What a refund would do now: of a part of the price, or of everything left where none is named.

    Raises ``CannotRefund``, and ``MoreThanLeft`` for a part that is nothing or all of what is left.
    """
    if not can_refund(order):
        raise CannotRefund()
    zero = Money.zero(order.currency)
    if of_price is not None:
        _price, refunded_tax = refunding.after_part(order, of_price)
        tax = Money(refunded_tax - order.refunded_tax_minor, order.currency)
        return LateRefund(of_price, zero, tax, _less(order, of_price), zero, zero)
    left, back = accounting.split(order), _reachable(order, is_fraud=is_fraud)
    price = order.price - Money(order.refunded_price_minor, order.currency)
    owed = back.spent if is_fraud else zero
    return LateRefund(price, left.shipping, left.tax, back.from_payout, back.unspent, owed)


def _less(order: Order, of_price: Money) -> Money:
    """How much less the seller is owed of the lower price, as far as the payout still waits."""
    if order.is_supply:
        return Money.zero(order.currency)
    less = accounting.split(order).payout - accounting.split(order, less_price=of_price.minor).payout
    return min(less, taking_back.waiting(order.id, order.currency))


def _reachable(order: Order, *, is_fraud: bool) -> Reachable:
    if order.is_supply and not is_fraud:
        nothing = Money.zero(order.currency)
        return Reachable(nothing, nothing, nothing)
    return taking_back.reachable(order.id, order.currency)


def refund(
    order: Order, *, of_price: Money | None = None, is_fraud: bool = False, by: HasActor, at: datetime
) -> LateRefund:
    """Refund what the preview says, and nothing else.

    Raises as ``preview`` does, ``MoneyMoved`` where a till was faster, and what ``refunds.request_refund`` raises.
    """
    db.session.refresh(order, with_for_update=True)
    shown = preview(order, of_price=of_price, is_fraud=is_fraud)
    if of_price is not None:
        reason = EndReason.AFTER_SALE
        refunding.refund_part(order, of_price=of_price, reason=reason, by=by, at=at, settled=True)
        if shown.from_payout:
            taking_back.lower(order.id, shown.from_payout, by=by, at=at)
    else:
        _refund_all(order, shown, is_fraud=is_fraud, by=by, at=at)
    taken = shown.from_payout + shown.unspent
    events.announce(RefundedLate(order.id, shown.to_buyer, taken, shown.owed_by_seller, is_fraud, at))
    return shown


def _refund_all(order: Order, shown: LateRefund, *, is_fraud: bool, by: HasActor, at: datetime) -> None:
    back, taken_back = refunding.everything_left(order, at=at), refunding.taken_back(order)
    sets = refunding.all_given_back(order, EndReason.AFTER_SALE, at)
    event = events.transition(order, "refund_settled", by=by, at=at, sets=sets)
    post(accounting.late_refund("refund", order, back, shown.of_tax, event, at))
    refunding.to_card(order, back.to_card, reason=EndReason.AFTER_SALE, part="full", at=at)
    tax_books.reverse_sale(order, part="full", at=at, **taken_back)
    if order.is_supply and not is_fraud:
        return
    ended = taking_back.take_back(order.id, order.currency, reason=EndReason.AFTER_SALE.value, by=by, at=at)
    if (ended.from_payout, ended.unspent) != (shown.from_payout, shown.unspent):
        raise MoneyMoved()
    if shown.owed_by_seller:
        post(accounting.owed_for_fraud(order, shown.owed_by_seller, event, at))
        debts.owe(order.id, _paid_to(order), shown.owed_by_seller, at=at)


def _paid_to(order: Order) -> int:
    payout = payout_of(order.id)
    if payout is None:
        raise ProgrammingError(f"order {order.id}: nobody was paid, and somebody owes")
    return payout.seller_id
