"""The words and tones of a listing's states, the same on every page."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from marketplace.listings.states import ListingState

LABELS = {
    ListingState.DRAFT: _l("Draft"),
    ListingState.SUBMITTED: _l("In review"),
    ListingState.CHANGES_REQUESTED: _l("Change needed"),
    ListingState.PRICE_PROPOSED: _l("Price proposed"),
    ListingState.DECLINED: _l("Declined"),
    ListingState.LIVE: _l("Live"),
    ListingState.PAUSED: _l("Paused"),
    ListingState.HELD: _l("Being bought"),
    ListingState.SOLD: _l("Sold"),
    ListingState.WITHDRAWN: _l("Withdrawn"),
    ListingState.REMOVED: _l("Removed"),
}

TONES = {
    ListingState.SUBMITTED: "info",
    ListingState.CHANGES_REQUESTED: "warn",
    ListingState.PRICE_PROPOSED: "warn",
    ListingState.DECLINED: "bad",
    ListingState.LIVE: "ok",
    ListingState.HELD: "info",
    ListingState.SOLD: "ok",
    ListingState.REMOVED: "bad",
}


def tone(state: ListingState) -> str:
    """The tone of its tag: info | ok | warn | bad | plain."""
    return TONES.get(state, "plain")
