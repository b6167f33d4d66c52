"""Enum values as the desk reads them."""

from __future__ import annotations

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from marketplace.jobs.alarms import AlarmKind
from marketplace.orders.states import OrderState

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
    AlarmKind.SELLER_IN_DOUBT: _l("Being bought from a seller of a counterfeit"),
    AlarmKind.SUSPICIOUS_SALE: _l("Buyer and seller have used the same card"),
    AlarmKind.UNKNOWN_MONEY: _l("The payment provider knows money that we do not"),
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
