"""What a decision does to the money. The preview on the page and the act are the same figures (GAP-13, GAP-21)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from marketplace.disputes.models import Dispute
from marketplace.disputes.states import Kind, Remedy, Side
from marketplace.errors import ProgrammingError
from marketplace.events import HasActor
from marketplace.money import Money
from marketplace.orders import accounting, refunding, settling, terms
from marketplace.orders.models import Order
from marketplace.orders.refunding import EndReason
from marketplace.orders.states import OrderState
from marketplace.shipping import parcels
from marketplace.shipping.models import ParcelState

FULL = (Remedy.REFUND_WITH_RETURN, Remedy.REFUND_WITHOUT_RETURN)
ON_THE_CLAIM = (Remedy.DISMISS, *FULL, Remedy.PARTIAL_REFUND)


@dataclass(frozen=True)
class Outcome:
    """The money of one decision by line. What goes to the buyer is of the price, of the shipping and of the tax.

    ``to_seller`` comes out of the sale, ``from_programme`` out of the programme's own pocket; both are one payout,
    when the case closes.
    """

    of_price: Money
    of_shipping: Money
    of_tax: Money
    to_seller: Money
    from_programme: Money

    @property
    def to_buyer(self) -> Money:
        return self.of_price + self.of_shipping + self.of_tax

    @property
    def weight(self) -> Money:
        """What leaves the sale or the house: above the policy's amount it takes two people (fault P06)."""
        return self.to_buyer + self.from_programme


def remedies(dispute: Dispute) -> list[Remedy]:
    """What may be decided in this case as it stands.

    Once the buyer has everything back, or where a seller's appeal is heard, the question is the seller's money alone:
    nothing is taken back from the buyer (GAP-21).
    """
    if dispute.order.state is OrderState.REFUNDED or dispute.hearing is Side.SELLER:
        return [Remedy.LEAVE, Remedy.PAY_SELLER]
    return [remedy for remedy in ON_THE_CLAIM if remedy is not Remedy.REFUND_WITH_RETURN or _can_come_back(dispute)]


def _can_come_back(dispute: Dispute) -> bool:
    return (
        dispute.kind is not Kind.NEVER_ARRIVED
        and was_sent(dispute.order)
        and parcels.return_parcel_of(dispute.order_id) is None
    )


def was_sent(order: Order) -> bool:
    """Whether the carrier has ever had the piece in its hands."""
    return order.shipped_at is not None


def piece_is_with_seller(dispute: Dispute) -> bool:
    """Whether the seller has the piece: it never left, came back as undeliverable, or was returned."""
    parcel = parcels.parcel_of(dispute.order_id)
    undeliverable = parcel is not None and parcel.state is ParcelState.RETURNED
    is_here = dispute.is_piece_back or undeliverable or not was_sent(dispute.order)
    return is_here and not dispute.is_counterfeit


def preview(dispute: Dispute, remedy: Remedy, *, of_price: Money | None, seller_at_fault: bool) -> Outcome:
    """What this decision would do now. Raises ``MoreThanLeft`` for a part that is nothing or all of the price."""
    order = dispute.order
    zero = Money.zero(order.currency)
    if remedy in FULL:
        left = accounting.split(order)
        has_piece = remedy is Remedy.REFUND_WITH_RETURN or piece_is_with_seller(dispute)
        paid = zero if has_piece or seller_at_fault else _full_payout(order)
        price = order.price - Money(order.refunded_price_minor, order.currency)
        return Outcome(price, left.shipping, left.tax, zero, paid)
    price, tax = zero, zero
    if remedy is Remedy.PARTIAL_REFUND:
        refunded_price, refunded_tax = refunding.after_part(order, of_price or zero)
        price = Money(refunded_price - order.refunded_price_minor, order.currency)
        tax = Money(refunded_tax - order.refunded_tax_minor, order.currency)
    ours = earned(dispute, seller_is_paid=dispute.seller_is_paid or remedy is Remedy.PAY_SELLER)
    is_sold = order.state is OrderState.DISPUTED
    payout = accounting.split(order, less_price=price.minor, less_tax=tax.minor).payout if is_sold else zero
    return Outcome(price, zero, tax, payout, ours)


def _full_payout(order: Order) -> Money:
    """The seller's share of the whole price; nothing for the house's own piece."""
    if order.is_supply:
        return Money.zero(order.currency)
    return order.price.share(terms.of_seller(order).payout.payout_basis_points)


def earned(dispute: Dispute, *, seller_is_paid: bool | None = None) -> Money:
    """What the programme owes the seller out of its own pocket when this case closes (GAP-08, GAP-21).

    After a refund in full: the whole payout, where an appeal said so, or where the seller has neither piece nor fault.
    Before: what a partial refund took from the payout, where an appeal said so.
    """
    order = dispute.order
    is_paid = dispute.seller_is_paid if seller_is_paid is None else seller_is_paid
    if order.state is OrderState.REFUNDED:
        is_out = not dispute.seller_at_fault and not piece_is_with_seller(dispute)
        return _full_payout(order) if is_paid or is_out else Money.zero(order.currency)
    return _full_payout(order) - accounting.split(order).payout if is_paid else Money.zero(order.currency)


def lines(outcome: Outcome) -> Iterator[tuple[str, Money]]:
    """The figures by name, those that are nothing left out."""
    for name in ("of_price", "of_shipping", "of_tax", "to_seller", "from_programme"):
        if amount := getattr(outcome, name):
            yield name, amount


# The act -------------------------------------------------------------------------------------------------------------


def give_back(order: Order, outcome: Outcome, *, by: HasActor, at: datetime) -> None:
    """Give the buyer what the preview says."""
    if not outcome.to_buyer:
        return
    if outcome.of_price.minor + order.refunded_price_minor < order.price_minor:
        back = refunding.refund_part(order, of_price=outcome.of_price, reason=EndReason.DISPUTE, by=by, at=at)
    else:
        back = order.total - order.refunded
        refunding.refund_contested(order, reason=EndReason.DISPUTE, by=by, at=at)
    if back != outcome.to_buyer:
        raise ProgrammingError(f"order {order.id}: {back.minor} went back, {outcome.to_buyer.minor} was shown")


def pay_seller(dispute: Dispute, *, by: HasActor, at: datetime) -> None:
    """The case ends: the seller is paid what the sale and the programme owe, once."""
    order, ours = dispute.order, earned(dispute)
    if order.state is OrderState.DISPUTED:
        settling.settle_contested(order, by=by, at=at, on_top=ours or None)
    elif ours:
        settling.compensate(order, ours, by=by, at=at)
