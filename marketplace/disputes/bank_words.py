"""A bank's case in words."""

from __future__ import annotations

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from marketplace.payments.chargeback_models import ChargebackState

STATES: dict[ChargebackState, LazyString] = {
    ChargebackState.INQUIRY: _l("The bank asks"),
    ChargebackState.INQUIRY_ANSWERED: _l("The bank reads our answer"),
    ChargebackState.INQUIRY_CLOSED: _l("The bank asked no further"),
    ChargebackState.NEEDS_ANSWER: _l("Taken back; the bank waits for evidence"),
    ChargebackState.ANSWERED: _l("Taken back; the bank decides"),
    ChargebackState.WON: _l("Won: given back to us"),
    ChargebackState.LOST: _l("Lost: the buyer has the money"),
    ChargebackState.CONCLUDED: _l("Lost and concluded"),
}
EVENTS: dict[str, LazyString] = {
    "open": _l("The provider told us of it"),
    "inquire": _l("The bank asks"),
    "await_inquiry": _l("The bank reads our answer"),
    "close_inquiry": _l("The bank asked no further"),
    "charge_back": _l("The bank took the payment back"),
    "await_bank": _l("The bank has our evidence"),
    "win": _l("The bank decided for us"),
    "lose": _l("The bank decided for the buyer"),
    "conclude": _l("We said what follows"),
    "cover_refund": _l("What we could not refund, the bank has given"),
    "follow_money": _l("Money moved between the provider and us"),
    "add_file": _l("A file was added"),
    "send_evidence": _l("The evidence was sent"),
    "evidence_refused": _l("The provider did not take the evidence"),
    "escalate": _l("We need longer: a new date was set"),
}

# What the cardholder says, by the provider's list; a word that is none of these is shown as it was sent.
REASONS: dict[str, LazyString] = {
    "bank_cannot_process": _l("The bank could not process the payment"),
    "check_returned": _l("The cheque was returned"),
    "credit_not_processed": _l("A refund was promised and has not come"),
    "customer_initiated": _l("The buyer asked the bank to take it back"),
    "debit_not_authorized": _l("The buyer says that they allowed no such debit"),
    "duplicate": _l("The buyer says that they paid twice"),
    "fraudulent": _l("The buyer says that it was not they who paid"),
    "general": _l("No particular reason"),
    "incorrect_account_details": _l("The account's details were wrong"),
    "insufficient_funds": _l("The account had too little on it"),
    "noncompliant": _l("The bank says that the payment broke the card network's rules"),
    "product_not_received": _l("The buyer says that it has not arrived"),
    "product_unacceptable": _l("The buyer says that it is not as described"),
    "subscription_canceled": _l("The buyer says that a subscription was cancelled"),
    "unrecognized": _l("The buyer does not recognize the payment"),
}


def reason(sent: str) -> str:
    """What the bank gives as its reason."""
    return str(REASONS.get(sent, sent))
