"""The life of a checkout and of an order, each as one table."""

from __future__ import annotations

import enum

from flask_babel import lazy_gettext as _l

from marketplace.errors import Refusal
from marketplace.events import Machine


class CheckoutState(enum.StrEnum):
    OPEN = "open"
    PAID = "paid"
    EXPIRED = "expired"


class OrderState(enum.StrEnum):
    AWAITING_PAYMENT = "awaiting_payment"
    PAID = "paid"
    LABEL_ISSUED = "label_issued"
    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"
    CONFIRMED = "confirmed"
    AUTO_CONFIRMED = "auto_confirmed"
    DISPUTED = "disputed"
    SETTLED = "settled"
    REFUNDED = "refunded"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    LOST = "lost"
    RETURNED_TO_SENDER = "returned_to_sender"


class CannotPay(Refusal):
    message = _l("This order is no longer waiting for payment.")


class CannotExpire(Refusal):
    message = _l("This order can no longer expire.")


class CannotIssueLabel(Refusal):
    message = _l("This order is not waiting for a label.")


class CannotShip(Refusal):
    message = _l("This order is not waiting to be shipped.")


class CannotDeliver(Refusal):
    message = _l("This order is not on its way.")


class CannotConfirm(Refusal):
    message = _l("This order can no longer be confirmed.")


class CannotContest(Refusal):
    message = _l("The time to report a problem with this order has passed.")


class CannotSettle(Refusal):
    message = _l("This order is not ready to be settled.")


class CannotRefund(Refusal):
    message = _l("This order cannot be refunded.")


class CannotCancel(Refusal):
    message = _l("This order can no longer be cancelled.")


class CannotResume(Refusal):
    message = _l("This order cannot go on from here.")


class CannotMarkLost(Refusal):
    message = _l("This parcel is not on its way.")


class CannotReturn(Refusal):
    message = _l("This parcel is not on its way.")


_C = CheckoutState
CHECKOUT = Machine(
    states=CheckoutState,
    table={
        (_C.OPEN, "pay"): _C.PAID,
        (_C.EXPIRED, "pay"): _C.PAID,  # the money came late and everything was still free
        (_C.OPEN, "expire"): _C.EXPIRED,
    },
    refusals={"pay": CannotPay, "expire": CannotExpire},
)

_O = OrderState
ORDER = Machine(
    states=OrderState,
    table={
        (_O.AWAITING_PAYMENT, "pay"): _O.PAID,
        (_O.EXPIRED, "pay"): _O.PAID,
        (_O.AWAITING_PAYMENT, "expire"): _O.EXPIRED,
        (_O.PAID, "issue_label"): _O.LABEL_ISSUED,
        (_O.LABEL_ISSUED, "ship"): _O.IN_TRANSIT,
        (_O.PAID, "ship"): _O.IN_TRANSIT,  # scanned before the label mail was handed over
        (_O.IN_TRANSIT, "deliver"): _O.DELIVERED,
        (_O.LABEL_ISSUED, "deliver"): _O.DELIVERED,  # the first scan we hear of is the delivery
        (_O.PAID, "deliver"): _O.DELIVERED,
        (_O.LOST, "deliver"): _O.DELIVERED,
        (_O.IN_TRANSIT, "confirm"): _O.CONFIRMED,
        (_O.DELIVERED, "confirm"): _O.CONFIRMED,
        (_O.DELIVERED, "auto_confirm"): _O.AUTO_CONFIRMED,
        (_O.PAID, "contest"): _O.DISPUTED,
        (_O.LABEL_ISSUED, "contest"): _O.DISPUTED,
        (_O.IN_TRANSIT, "contest"): _O.DISPUTED,
        (_O.DELIVERED, "contest"): _O.DISPUTED,
        (_O.LOST, "contest"): _O.DISPUTED,
        (_O.CONFIRMED, "settle"): _O.SETTLED,
        (_O.AUTO_CONFIRMED, "settle"): _O.SETTLED,
        (_O.DISPUTED, "settle"): _O.SETTLED,
        (_O.DISPUTED, "resume_unlabelled"): _O.PAID,  # the report was taken back, and the order goes on from there
        (_O.DISPUTED, "resume_unsent"): _O.LABEL_ISSUED,
        (_O.DISPUTED, "resume_on_its_way"): _O.IN_TRANSIT,
        (_O.DISPUTED, "resume_delivered"): _O.DELIVERED,
        (_O.PAID, "cancel"): _O.CANCELLED,
        (_O.LABEL_ISSUED, "cancel"): _O.CANCELLED,
        (_O.IN_TRANSIT, "lose"): _O.LOST,
        (_O.IN_TRANSIT, "return"): _O.RETURNED_TO_SENDER,
        (_O.LOST, "return"): _O.RETURNED_TO_SENDER,
        (_O.LABEL_ISSUED, "return"): _O.RETURNED_TO_SENDER,
        (_O.CANCELLED, "refund"): _O.REFUNDED,
        (_O.LOST, "refund"): _O.REFUNDED,
        (_O.RETURNED_TO_SENDER, "refund"): _O.REFUNDED,
        (_O.DISPUTED, "refund"): _O.REFUNDED,
        (_O.SETTLED, "refund_settled"): _O.REFUNDED,
    },
    refusals={
        "pay": CannotPay,
        "expire": CannotExpire,
        "issue_label": CannotIssueLabel,
        "ship": CannotShip,
        "deliver": CannotDeliver,
        "confirm": CannotConfirm,
        "auto_confirm": CannotConfirm,
        "contest": CannotContest,
        "settle": CannotSettle,
        "resume_unlabelled": CannotResume,
        "resume_unsent": CannotResume,
        "resume_on_its_way": CannotResume,
        "resume_delivered": CannotResume,
        "cancel": CannotCancel,
        "lose": CannotMarkLost,
        "return": CannotReturn,
        "refund": CannotRefund,
        "refund_settled": CannotRefund,
    },
    owes={"pay": "capture", "settle": "settlement", "refund": "refund", "refund_settled": "refund"},
)

CLOSED = (_O.SETTLED, _O.REFUNDED, _O.EXPIRED)
BEFORE_SCAN = (_O.PAID, _O.LABEL_ISSUED)
ON_THE_WAY = (_O.PAID, _O.LABEL_ISSUED, _O.IN_TRANSIT)
