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
    "follow_money": _l("Money moved between the provider and us"),
    "add_file": _l("A file was added"),
    "send_evidence": _l("The evidence was sent"),
    "evidence_refused": _l("The provider did not take the evidence"),
    "escalate": _l("We need longer: a new date was set"),
}
