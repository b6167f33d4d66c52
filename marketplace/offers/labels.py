"""What each state is called, and how it looks."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from marketplace.offers.states import OfferState

LABELS = {
    OfferState.OPEN: _l("Waits for the seller"),
    OfferState.COUNTERED: _l("Waits for the buyer"),
    OfferState.ACCEPTED: _l("Agreed"),
    OfferState.USED: _l("Being bought"),
    OfferState.DECLINED: _l("Declined"),
    OfferState.LAPSED: _l("Not answered"),
    OfferState.EXPIRED: _l("Not used in time"),
    OfferState.WITHDRAWN: _l("Withdrawn"),
    OfferState.ENDED: _l("Piece no longer for sale"),
}
TONES = {OfferState.OPEN: "info", OfferState.COUNTERED: "warn", OfferState.ACCEPTED: "ok", OfferState.USED: "ok"}
