"""What the states of a consigned piece, its moves and its owner's choices are called."""

from __future__ import annotations

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from marketplace.consignments.states import ActsNext, Choice, PieceState

_S = PieceState

LABELS = {
    _S.DRAFT: _l("Not sent yet"),
    _S.REQUESTED: _l("To be sent"),
    _S.INBOUND: _l("On its way to us"),
    _S.RECEIVED: _l("Arrived"),
    _S.INSPECTING: _l("With our experts"),
    _S.DECLINED: _l("Not taken"),
    _S.PROPOSED: _l("Price proposed"),
    _S.COUNTERED: _l("Your price with us"),
    _S.ACCEPTED: _l("Agreed"),
    _S.REFUSED: _l("Price refused"),
    _S.LIVE: _l("In the shop"),
    _S.SOLD: _l("Sold"),
    _S.PAYABLE: _l("To be paid"),
    _S.PAID: _l("Paid"),
    _S.FORFEITED: _l("Not paid: found to be fraud"),
    _S.SOLD_TO_US: _l("Sold to us"),
    _S.LOST: _l("Lost in our care"),
    _S.GOING_BACK: _l("Going back"),
    _S.RETURNED: _l("Sent back"),
    _S.DONATED: _l("Given away"),
    _S.RECYCLED: _l("Recycled"),
    _S.WITHDRAWN: _l("Called off"),
}

TONES = {
    _S.DECLINED: "warn",
    _S.PROPOSED: "warn",
    _S.REQUESTED: "warn",
    _S.LIVE: "ok",
    _S.SOLD: "ok",
    _S.PAYABLE: "ok",
    _S.PAID: "ok",
    _S.SOLD_TO_US: "ok",
    _S.LOST: "bad",
}

CHOICES = {
    Choice.RETURN: _l("Send it back to me"),
    Choice.DONATE: _l("Give it to a charity"),
    Choice.RECYCLE: _l("Recycle it"),
}

# Whose turn it is, as its owner reads it.
TURNS = {
    ActsNext.OWNER: _l("It is your turn"),
    ActsNext.DESK: _l("We act next"),
    ActsNext.CARRIER: _l("The carrier acts next"),
    ActsNext.BUYER: _l("It waits for a buyer"),
}


def still_here(state: PieceState) -> LazyString:
    """The label of a piece that is given away or recycled and has not left us."""
    return _l("To be recycled") if state is _S.RECYCLED else _l("To be given away")


def tone(state: PieceState) -> str:
    """The tone of a state's tag."""
    return TONES.get(state, "plain")
