"""A sale in plain words, for its seller."""

from __future__ import annotations

from flask_babel import gettext as _

from marketplace.orders import settling
from marketplace.orders.models import Order
from marketplace.orders.states import OrderState


def headline(order: Order) -> str:
    """The state of a sale as its seller would say it."""
    if settling.is_contested_by_bank(order):
        return str(_("The buyer's bank looks into the payment"))
    words: dict[OrderState, str] = {
        OrderState.AWAITING_PAYMENT: _("Being paid for"),
        OrderState.PAID: _("Sold. Your label is on its way"),
        OrderState.LABEL_ISSUED: _("Pack it and hand it over"),
        OrderState.IN_TRANSIT: _("On its way to the buyer"),
        OrderState.DELIVERED: _("Delivered. The buyer is looking it over"),
        OrderState.CONFIRMED: _("Confirmed"),
        OrderState.AUTO_CONFIRMED: _("Confirmed"),
        OrderState.DISPUTED: _("The buyer reported a problem"),
        OrderState.SETTLED: _("Sold and settled"),
        OrderState.REFUNDED: _("The buyer was refunded"),
        OrderState.EXPIRED: _("Not paid"),
        OrderState.CANCELLED: _("Cancelled"),
        OrderState.LOST: _("Lost on the way"),
        OrderState.RETURNED_TO_SENDER: _("On its way back to you"),
    }
    return words[order.state]
