"""A case in words: what is claimed, asked and decided, who is waited for, what happened."""

from __future__ import annotations

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from marketplace.disputes.states import DisputeState, Kind, Remedy, Side, WaitingOn, Wish
from marketplace.events import Event

KINDS: dict[Kind, LazyString] = {
    Kind.CONDITION: _l("Its condition is not as described"),
    Kind.WRONG_ITEM: _l("It is another piece"),
    Kind.DAMAGED: _l("It was damaged on the way"),
    Kind.NOT_AUTHENTIC: _l("I doubt that it is authentic"),
    Kind.INCOMPLETE: _l("Something that should come with it is missing"),
    Kind.NEVER_ARRIVED: _l("It has not arrived"),
}
WISHES: dict[Wish, LazyString] = {
    Wish.RETURN: _l("Send it back and be refunded"),
    Wish.KEEP: _l("Keep it and get a part of the price back"),
    Wish.REFUND: _l("Be refunded"),
}
STATES: dict[DisputeState, LazyString] = {
    DisputeState.OPENED: _l("Opened"),
    DisputeState.AWAITING_SELLER: _l("Waiting for the seller's answer"),
    DisputeState.AWAITING_BUYER: _l("An offer waits for the buyer"),
    DisputeState.IN_REVIEW: _l("Customer service decides"),
    DisputeState.AWAITING_APPROVAL: _l("Customer service is about to decide"),
    DisputeState.DECIDED: _l("Decided"),
    DisputeState.RETURN_LABEL: _l("The piece is to be sent back"),
    DisputeState.RETURN_IN_TRANSIT: _l("The piece is on its way back"),
    DisputeState.RETURNED: _l("The piece is back"),
    DisputeState.RETURN_LOST: _l("The piece was lost on its way back"),
    DisputeState.CLOSED: _l("Closed"),
    DisputeState.WITHDRAWN: _l("Taken back by the buyer"),
}
WAITING: dict[WaitingOn, LazyString] = {
    WaitingOn.SELLER: _l("the seller"),
    WaitingOn.BUYER: _l("the buyer"),
    WaitingOn.DESK: _l("customer service"),
    WaitingOn.SECOND_AGENT: _l("a second person at customer service"),
    WaitingOn.EITHER_SIDE: _l("either side, who may appeal"),
    WaitingOn.CARRIER: _l("the carrier"),
    WaitingOn.BANK: _l("the buyer's bank"),
}
APPEALED = _l("Customer service hears an appeal")
SIDES: dict[Side, LazyString] = {
    Side.BUYER: _l("The buyer"),
    Side.SELLER: _l("The seller"),
    Side.STAFF: _l("Customer service"),
}
REMEDIES: dict[Remedy, LazyString] = {
    Remedy.DISMISS: _l("The sale stands"),
    Remedy.REFUND_WITH_RETURN: _l("Refund in full, the piece goes back"),
    Remedy.REFUND_WITHOUT_RETURN: _l("Refund in full, the piece stays"),
    Remedy.PARTIAL_REFUND: _l("A part of the price goes back"),
    Remedy.PAY_SELLER: _l("We pay the seller; the buyer keeps the refund"),
    Remedy.LEAVE: _l("The earlier decision stands"),
}
LINES: dict[str, LazyString] = {
    "of_price": _l("To the buyer, of the price"),
    "of_shipping": _l("To the buyer, of the shipping"),
    "of_tax": _l("To the buyer, of the tax"),
    "to_seller": _l("To the seller, out of the sale"),
    "from_programme": _l("To the seller, out of our own pocket"),
}

# What both sides read of a case's events.
EVENTS: dict[str, LazyString] = {
    "open": _l("The buyer reported a problem"),
    "review": _l("Handed to customer service"),
    "offer": _l("The seller offered a part of the price back"),
    "agree": _l("The two sides agreed"),
    "agree_return": _l("The seller agreed to a return"),
    "withdraw": _l("The buyer took the report back"),
    "decide": _l("Customer service decided"),
    "decide_return": _l("Customer service decided: refund, and the piece goes back"),
    "return_scanned": _l("The carrier has the piece"),
    "return_delivered": _l("The piece was delivered back"),
    "return_lost": _l("The parcel counts as lost"),
    "keep": _l("The piece was not handed over in time"),
    "receive": _l("The piece was received"),
    "report_swap": _l("The seller says that it is not the piece"),
    "lodge_appeal": _l("An appeal was made"),
    "appeal": _l("The appeal is being heard"),
    "escalate": _l("We need longer: a new date was set"),
    "pause": _l("The time limit rests"),
    "run_on": _l("The time limit runs again"),
    "charge_back": _l("The buyer's bank gave the money back: the case ends with that"),
    "close": _l("The case was closed"),
}

# What the desk reads besides.
DESK_EVENTS: dict[str, LazyString] = {
    "ask_seller": _l("The seller was asked"),
    "propose": _l("A decision was proposed"),
    "send_back": _l("The proposal was sent back"),
    "note": _l("A note among colleagues"),
    "ask_opinion": _l("A second opinion was asked for"),
    "give_opinion": _l("The second opinion is in"),
    "quarantine": _l("Found to be a counterfeit: the piece is in quarantine"),
}

# What is in the thread otherwise, or nothing to it: for the list of what happened, and the audit trail.
AT_WORK: dict[str, LazyString] = {
    "assign": _l("The case changed hands"),
    "write": _l("A message was written"),
    "add_photo": _l("A photo was shown"),
    "snooze": _l("An agent put the case aside for a while"),
    "wake": _l("An agent took it up again"),
}

# How a case came to the desk where nobody handed it over: by whose silence.
_SELLERS_SILENCE = _l("The seller did not answer in time: handed to customer service")
_BUYERS_SILENCE = _l("The offer lapsed without an answer: handed to customer service")


def what_happened(event: Event) -> LazyString:
    """An event of a case in words, the desk's own too; a silence is told as such."""
    if event.detail.get("silent"):
        return _SELLERS_SILENCE if event.from_state == DisputeState.AWAITING_SELLER else _BUYERS_SILENCE
    return (EVENTS | DESK_EVENTS | AT_WORK)[event.action]
