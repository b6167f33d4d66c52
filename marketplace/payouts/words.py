"""Payouts as people read them: their states, forms and reasons."""

from __future__ import annotations

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from marketplace.payouts.cash_models import RunState, TaxStatus, TransferState
from marketplace.payouts.gates import Step
from marketplace.payouts.models import PayoutForm, PayoutReason, PayoutState

PAYOUT_FORMS: dict[PayoutForm, LazyString] = {
    PayoutForm.GIFT_CARD: _l("Gift card"),
    PayoutForm.STORE_CREDIT: _l("Store credit"),
    PayoutForm.CASH: _l("Bank transfer"),
}
PAYOUT_STATES: dict[PayoutState, LazyString] = {
    PayoutState.HELD: _l("Being looked into"),
    PayoutState.DUE: _l("Due"),
    PayoutState.SENT: _l("On its way to the bank"),
    PayoutState.ISSUED: _l("Paid"),
    PayoutState.COVERED: _l("Paid what you owed"),
    PayoutState.STOPPED: _l("Waiting for a bank"),
    PayoutState.FORGONE: _l("Not paid"),
    PayoutState.REFUSED: _l("Did not go through"),
}
PAYOUT_TONES: dict[PayoutState, str] = {
    PayoutState.HELD: "warn",
    PayoutState.DUE: "info",
    PayoutState.SENT: "info",
    PayoutState.ISSUED: "ok",
    PayoutState.COVERED: "plain",
    PayoutState.STOPPED: "warn",
    PayoutState.FORGONE: "plain",
    PayoutState.REFUSED: "bad",
}
PAYOUT_REASONS: dict[PayoutReason, LazyString] = {
    PayoutReason.SALE: _l("Sale"),
    PayoutReason.CONSIGNMENT: _l("Consignment"),
    PayoutReason.BUYBACK: _l("Buyback"),
}
RUN_STATES: dict[RunState, LazyString] = {
    RunState.PREPARED: _l("Prepared"),
    RunState.STARTED: _l("Sent"),
    RunState.CANCELLED: _l("Cancelled"),
}
TRANSFER_STATES: dict[TransferState, LazyString] = {
    TransferState.PLANNED: _l("Planned"),
    TransferState.SENT: _l("On its way"),
    TransferState.PAID: _l("Paid"),
    TransferState.FAILED: _l("Not taken"),
    TransferState.RETURNED: _l("Came back"),
    TransferState.DROPPED: _l("Left out"),
}
TRANSFER_TONES: dict[TransferState, str] = {
    TransferState.PLANNED: "plain",
    TransferState.SENT: "info",
    TransferState.PAID: "ok",
    TransferState.FAILED: "bad",
    TransferState.RETURNED: "bad",
    TransferState.DROPPED: "plain",
}
STEPS: dict[Step, LazyString] = {
    Step.TAX_FORM: _l("The tax form"),
    Step.ONLINE_ACCOUNT: _l("Your account with our payout partner"),
    Step.IDENTITY: _l("Proof of who you are"),
    Step.BANK_ACCOUNT: _l("Your bank details"),
    Step.COOLING: _l("New bank details rest first"),
    Step.NEW_ACCOUNT: _l("Other bank details"),
    Step.CHECKING: _l("Our payout partner is checking what you entered"),
    Step.SHUT: _l("Our payout partner cannot pay you: write to customer service"),
}
TAX_STATES: dict[TaxStatus, LazyString] = {
    TaxStatus.PRIVATE: _l("A private person"),
    TaxStatus.REGISTERED: _l("Registered for VAT"),
}
