"""An order in plain words: the headline, what happens next and by when, for the buyer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from marketplace.disputes.models import Dispute
from marketplace.disputes.standing import standing
from marketplace.disputes.states import Side
from marketplace.orders import settling
from marketplace.orders.models import Order
from marketplace.orders.permissions import buyer_can_cancel, can_confirm
from marketplace.orders.refunding import EndReason
from marketplace.orders.states import OrderState
from marketplace.presentation import deadline, money


@dataclass(frozen=True)
class NextStep:
    """Who acts next: ``lead`` carries the deadline, ``text`` what silence leads to. ``is_mine``: the buyer has to."""

    lead: str
    text: str
    is_mine: bool = False


def headline(order: Order) -> str:
    """The state of an order as its buyer would say it."""
    words: dict[OrderState, str] = {
        OrderState.AWAITING_PAYMENT: _("Waiting for your payment"),
        OrderState.PAID: _("Paid. The seller gets the label now"),
        OrderState.LABEL_ISSUED: _("The seller is packing it"),
        OrderState.IN_TRANSIT: _("On its way to you"),
        OrderState.DELIVERED: _("Delivered. Is it as described?"),
        OrderState.CONFIRMED: _("Confirmed. It is yours"),
        OrderState.AUTO_CONFIRMED: _("The sale is final"),
        OrderState.DISPUTED: _("We are looking into it"),
        OrderState.SETTLED: _("It is yours for good"),
        OrderState.REFUNDED: _("Refunded"),
        OrderState.EXPIRED: _("Nothing was charged"),
        OrderState.CANCELLED: _("Cancelled"),
        OrderState.LOST: _("Lost on the way"),
        OrderState.RETURNED_TO_SENDER: _("On its way back to the seller"),
    }
    return words[order.state]


def next_step(order: Order, case: Dispute | None, at: datetime) -> NextStep | None:
    """What happens next, by when, and what if nobody does anything; None where all is said. ``case``: its last one."""
    if order.state is OrderState.PAID:
        return NextStep(
            _("We issue the shipping label within a business day."),
            _("If it takes longer you may cancel, and we are told."),
        )
    if order.state is OrderState.LABEL_ISSUED and order.ship_by_at:
        if buyer_can_cancel(order, at):
            return NextStep(
                _("The seller was to ship by %(when)s.", when=deadline(order.ship_by_at)),
                _("Cancel now for a full refund, or wait. Unshipped, the order ends by itself and you are refunded."),
            )
        return NextStep(
            _("The seller ships by %(when)s.", when=deadline(order.ship_by_at)),
            _("After that you may cancel for a full refund."),
        )
    if order.state is OrderState.IN_TRANSIT:
        return NextStep(_("The carrier has it."), _("We write when it is delivered, and while it is late."))
    if order.state is OrderState.DELIVERED and order.window_closes_at and can_confirm(order, at):
        return NextStep(
            _("Answer by %(when)s.", when=deadline(order.window_closes_at)),
            _("After that the sale is final and the seller is paid."),
        )
    stands = standing(case, Side.BUYER) if case is not None else None
    if stands and stands.is_mine:
        return NextStep(stands.lead, stands.text, is_mine=True)
    if settling.is_contested_by_bank(order):
        return NextStep(
            _("Your bank is looking into this payment."),
            _("Until it has decided nothing is sent, paid out or refunded."),
        )
    if stands and order.state is OrderState.DISPUTED:
        return NextStep(stands.lead, stands.text)
    if order.end_reason == EndReason.CHARGED_BACK:
        more = (
            _("What your store credit had paid is yours again.")
            if order.credit
            else _("Nothing more is refunded here.")
        )
        return NextStep(_("Your bank has given you the money back."), more)
    if order.state is OrderState.REFUNDED:
        lasts = _("Banks take five to ten days to show it.") if order.by_card else _("You can spend it at once.")
        return NextStep(goes_back(order), lasts)
    return None


def goes_back(order: Order) -> str:
    """Where everything that was paid for an order goes, in the forms it was paid in."""
    if not order.credit:
        return str(_("Everything you paid goes back to your card."))
    if not order.by_card:
        return str(_("Everything you paid goes back to your store credit."))
    parts = {"card": money(order.by_card), "credit": money(order.credit)}
    return str(_("Everything you paid goes back: %(card)s to your card, %(credit)s to your store credit.", **parts))
