"""Enum values as the desk reads them."""

from __future__ import annotations

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from marketplace.custody.billing import FEE_RETURNED, FEE_SETTLED
from marketplace.jobs.alarms import AlarmKind
from marketplace.jobs.deadlines import DeadlineState
from marketplace.jobs.outbox import OutboxState
from marketplace.orders.paying import PAID_TWICE
from marketplace.orders.refunding import EndReason
from marketplace.orders.states import OrderState
from marketplace.payments.models import AttemptState, RefundState
from marketplace.payouts.models import PayoutState
from marketplace.people.models import Role
from marketplace.shipping.models import ParcelState

ALARMS: dict[AlarmKind, LazyString] = {
    AlarmKind.JOB_PARKED: _l("A job failed again and again and was parked"),
    AlarmKind.LABEL_LATE: _l("No shipping label within its day"),
    AlarmKind.SCAN_AFTER_CANCELLATION: _l("The parcel moved after the order ended"),
    AlarmKind.PARCEL_LOST: _l("The parcel is lost: decide whether the seller is paid"),
    AlarmKind.LOST_PARCEL_FOUND: _l("A lost parcel has turned up, and its buyer has the money back"),
    AlarmKind.PARCEL_RETURNED: _l("The parcel came back to its sender"),
    AlarmKind.NOT_DELIVERED: _l("The carrier could not deliver"),
    AlarmKind.TROUBLE_AFTER_DELIVERY: _l("The carrier took its delivery back"),
    AlarmKind.MAIL_BOUNCED: _l("A letter could not be delivered"),
    AlarmKind.REVIEW_LATE: _l("A review is late"),
    AlarmKind.PURCHASE_RETURNED: _l("The seller returned the purchase while it is being sold"),
    AlarmKind.KEY_REUSED: _l("The payment provider knows our key with another request"),
    AlarmKind.PAYMENT_MISMATCH: _l("A payment is not the amount we asked for"),
    AlarmKind.PAYMENT_TOO_LATE: _l("An order was paid twice"),
    AlarmKind.PAYOUT_REFUSED: _l("A gift card was refused, or is not what we asked for"),
    AlarmKind.REFUND_FAILED: _l("A refund could not reach the buyer"),
    AlarmKind.TAX_NOT_RECORDED: _l("The tax service refused to record a sale or its refund"),
    AlarmKind.CHARGEBACK: _l("The buyer's bank looks into a payment"),
    AlarmKind.SELLER_IN_DOUBT: _l("Offered by somebody whose other piece is a counterfeit: look at it again"),
    AlarmKind.SUSPICIOUS_SALE: _l("Buyer and seller have used the same card"),
    AlarmKind.UNKNOWN_MONEY: _l("The payment provider knows money that we do not"),
    AlarmKind.CONSIGNED_OVERDUE: _l("A consigned piece waits longer than promised"),
    AlarmKind.BUYBACK_OVERDUE: _l("A piece offered to us waits longer than promised"),
    AlarmKind.CHANNEL_SALE_STANDS: _l("An outside marketplace does not cancel a sale that we cannot honour"),
    AlarmKind.FOREIGN_WEBHOOK: _l("The payment provider sends news of another account or mode"),
}

ORDERS: dict[OrderState, LazyString] = {
    OrderState.AWAITING_PAYMENT: _l("Awaiting payment"),
    OrderState.PAID: _l("Paid"),
    OrderState.LABEL_ISSUED: _l("Label issued"),
    OrderState.IN_TRANSIT: _l("In transit"),
    OrderState.DELIVERED: _l("Delivered"),
    OrderState.CONFIRMED: _l("Confirmed"),
    OrderState.AUTO_CONFIRMED: _l("Confirmed by silence"),
    OrderState.DISPUTED: _l("Disputed"),
    OrderState.SETTLED: _l("Settled"),
    OrderState.REFUNDED: _l("Refunded"),
    OrderState.EXPIRED: _l("Expired"),
    OrderState.CANCELLED: _l("Cancelled"),
    OrderState.LOST: _l("Lost"),
    OrderState.RETURNED_TO_SENDER: _l("Returned to sender"),
}
PARCELS: dict[ParcelState, LazyString] = {
    ParcelState.LABEL_WANTED: _l("Waits for its label"),
    ParcelState.LABEL_REFUSED: _l("Label refused by the carrier"),
    ParcelState.LABEL_BOUGHT: _l("Label bought"),
    ParcelState.IN_TRANSIT: _l("In transit"),
    ParcelState.DELIVERED: _l("Delivered"),
    ParcelState.RETURNED: _l("Returned to sender"),
    ParcelState.LOST: _l("Lost"),
    ParcelState.CANCELLED: _l("Cancelled"),
}
PAYMENTS: dict[AttemptState, LazyString] = {
    AttemptState.CREATED: _l("Begun"),
    AttemptState.OPEN: _l("Waits for the buyer"),
    AttemptState.PAID: _l("Paid"),
    AttemptState.EXPIRED: _l("Not paid in time"),
}
REFUNDS: dict[RefundState, LazyString] = {
    RefundState.REQUESTED: _l("On its way"),
    RefundState.DONE: _l("With the buyer"),
    RefundState.FAILED: _l("Did not reach the buyer"),
}
# Why the provider refused a refund, by its code; one that is none of these is shown as it was sent.
REFUSED_REFUNDS: dict[str, LazyString] = {
    "charge_disputed": _l("The buyer's bank had the payment in its hands"),
    "charge_already_refunded": _l("Nothing was left of the payment: it had been refunded, or a bank had taken it"),
}
PAYOUTS: dict[PayoutState, LazyString] = {
    PayoutState.HELD: _l("Held by the desk"),
    PayoutState.DUE: _l("On its way"),
    PayoutState.SENT: _l("On its way to the bank"),
    PayoutState.ISSUED: _l("Paid out"),
    PayoutState.COVERED: _l("All of it paid what the seller owed"),
    PayoutState.STOPPED: _l("Stopped: the buyer's bank looks into the payment"),
    PayoutState.FORGONE: _l("Not paid: the buyer has the money back"),
    PayoutState.REFUSED: _l("Refused: the desk has an alarm"),
}

ROLES: dict[Role, LazyString] = {
    Role.REVIEWER: _l("Reviews listings"),
    Role.AGENT: _l("Customer service"),
    Role.WAREHOUSE: _l("Warehouse"),
    Role.MANAGER: _l("Manager"),
}

# Why an order ended, or money went back.
ENDS: dict[str, LazyString] = {
    EndReason.BUYER_AFTER_SHIP_BY: _l("Cancelled by the buyer: not sent in time"),
    EndReason.BUYER_NO_LABEL: _l("Cancelled by the buyer: no label in time"),
    EndReason.SELLER_CANCELLED: _l("Cancelled by the seller"),
    EndReason.DESK_CANCELLED: _l("Cancelled by the desk"),
    EndReason.NOT_SHIPPED: _l("Never sent"),
    EndReason.PARCEL_LOST: _l("Lost on its way"),
    EndReason.RETURNED_TO_SENDER: _l("Returned to its sender"),
    EndReason.PIECE_GONE: _l("The piece was gone"),
    EndReason.DESK_DECISION: _l("The desk decided so"),
    EndReason.DISPUTE: _l("A case ended so"),
    EndReason.CHARGED_BACK: _l("Given back by the buyer's bank"),
    EndReason.AFTER_SALE: _l("Refunded after the sale"),
    PAID_TWICE: _l("Paid a second time"),
    FEE_SETTLED: _l("The fee had been settled otherwise"),
    FEE_RETURNED: _l("The piece was lost before it was sent back"),
}

DEADLINES: dict[str, LazyString] = {
    "ask_carrier": _l("Ask the carrier"),
    "buyback_due": _l("The next step of a piece offered to us"),
    "buyback_label_late": _l("Label for a piece we are to buy within its hours"),
    "cancel_late": _l("Cancelled by itself, not sent"),
    "carrier_answer": _l("The carrier's answer, before the parcel counts as lost"),
    "chargeback_due": _l("The bank's case"),
    "checkout_abandoned": _l("Offer after a checkout nobody paid"),
    "confirm_by": _l("The buyer confirms or reports"),
    "consigned_due": _l("The consigned piece's next step"),
    "consigned_price_cut": _l("The next step of Smart Pricing"),
    "consigned_label_late": _l("Label for consigned pieces within its hours"),
    "credit_expires": _l("End of the store credit"),
    "credit_warning": _l("Word that store credit ends soon"),
    "dispute_due": _l("The case's next step"),
    "label_late": _l("Label within its day"),
    "late_word": _l("Word to the buyer while it is late"),
    "no_movement": _l("Nothing heard of the parcel"),
    "offer_due": _l("Answer to an offer"),
    "payment_expiry": _l("Payment open until"),
    "payout_leaves": _l("The payout leaves, in whatever form"),
    "payout_hold_ends": _l("End of the payout's hold"),
    "review": _l("Review of the listing"),
    "saved_price_lowered": _l("Word to those who saved the piece"),
    "saved_search_digest": _l("Daily letter of a saved search"),
    "saved_search_piece": _l("Word of a new piece to saved searches"),
    "ship_by": _l("Handed to the carrier by"),
    "ship_by_reminder": _l("Reminder to the seller"),
    "void_pending": _l("The carrier's answer about a label given back"),
}
DEADLINE_STATES: dict[DeadlineState, LazyString] = {
    DeadlineState.WAITING: _l("Runs"),
    DeadlineState.FIRED: _l("Passed"),
    DeadlineState.CANCELLED: _l("Over"),
    DeadlineState.PARKED: _l("Failed"),
}
SENDING: dict[OutboxState, LazyString] = {
    OutboxState.PENDING: _l("To be sent"),
    OutboxState.RUNNING: _l("Being sent"),
    OutboxState.UNKNOWN: _l("Sent, no answer yet"),
    OutboxState.DONE: _l("Sent"),
    OutboxState.REFUSED: _l("Refused"),
    OutboxState.PARKED: _l("Failed; the desk has an alarm"),
}


def refused_refund(sent: str) -> str:
    """Why the provider refused a refund."""
    return str(REFUSED_REFUNDS.get(sent, sent))
