"""Payouts as people read them: their states, forms and reasons."""

from __future__ import annotations

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from marketplace.payouts.models import PayoutForm, PayoutReason, PayoutState

PAYOUT_FORMS: dict[PayoutForm, LazyString] = {
    PayoutForm.GIFT_CARD: _l("Gift card"),
    PayoutForm.STORE_CREDIT: _l("Store credit"),
    PayoutForm.CASH: _l("Bank transfer"),
}
PAYOUT_STATES: dict[PayoutState, LazyString] = {
    PayoutState.HELD: _l("Being looked into"),
    PayoutState.DUE: _l("Due"),
    PayoutState.ISSUED: _l("Paid"),
    PayoutState.STOPPED: _l("Waiting for a bank"),
    PayoutState.FORGONE: _l("Not paid"),
    PayoutState.REFUSED: _l("Did not go through"),
}
PAYOUT_TONES: dict[PayoutState, str] = {
    PayoutState.HELD: "warn",
    PayoutState.DUE: "info",
    PayoutState.ISSUED: "ok",
    PayoutState.STOPPED: "warn",
    PayoutState.FORGONE: "plain",
    PayoutState.REFUSED: "bad",
}
PAYOUT_REASONS: dict[PayoutReason, LazyString] = {
    PayoutReason.SALE: _l("Sale"),
    PayoutReason.CONSIGNMENT: _l("Consignment"),
    PayoutReason.BUYBACK: _l("Buyback"),
}
