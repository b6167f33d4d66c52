"""What the states of a sale elsewhere, and the reasons against one, are called."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from marketplace.channels.states import SaleState, WhyRefused

_S = SaleState

LABELS = {
    _S.NOTICED: _l("Heard of"),
    _S.TAKEN: _l("To be sent"),
    _S.SENT: _l("Sent"),
    _S.COMPLETED: _l("The sale stands"),
    _S.CANCELLED: _l("Cancelled there"),
    _S.RETURNED: _l("Returned there"),
    _S.REFUSED: _l("Refused: being cancelled there"),
    _S.CALLED_OFF: _l("Refused and cancelled there"),
}

TONES = {_S.TAKEN: "warn", _S.REFUSED: "bad", _S.RETURNED: "bad", _S.SENT: "ok", _S.COMPLETED: "ok"}

REASONS = {
    WhyRefused.NOT_FREE: _l("It was sold, being paid for or taken out here."),
    WhyRefused.UNKNOWN_PIECE: _l("No listing of ours has this number."),
    WhyRefused.UNKNOWN_OUTLET: _l("We offer nothing there."),
    WhyRefused.BELOW_PRICE: _l("It was sold for less than its price."),
    WhyRefused.OTHER_CURRENCY: _l("It was sold in another currency."),
    WhyRefused.NOT_FOUND: _l("The warehouse could not find it."),
}


def tone(state: SaleState) -> str:
    """The tone of a state's tag."""
    return TONES.get(state, "plain")
