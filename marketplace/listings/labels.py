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

# What happened to a listing, by the action its event row names.
ACTIONS = {
    "start": _l("Begun"),
    "edit": _l("Edited"),
    "add_flaw": _l("Flaw noted"),
    "remove_flaw": _l("Flaw taken back"),
    "add_photo": _l("Photo added"),
    "remove_photo": _l("Photo taken out"),
    "submit": _l("Handed in"),
    "publish": _l("Published"),
    "approve": _l("Approved"),
    "request_changes": _l("Change asked for"),
    "propose_price": _l("Price proposed"),
    "decline": _l("Declined"),
    "accept_price": _l("Price accepted"),
    "refuse_price": _l("Price refused"),
    "change_price": _l("Price changed"),
    "raise_price": _l("Price raised"),
    "relist": _l("Listed again after a sale that came to nothing"),
    "call_in": _l("Called in for another review"),
    "pause": _l("Paused"),
    "resume": _l("Resumed"),
    "hold": _l("Held for a buyer"),
    "release": _l("Released"),
    "sell": _l("Sold"),
    "take_back": _l("Back with its seller"),
    "withdraw": _l("Withdrawn"),
    "remove": _l("Removed"),
    "review_overdue": _l("Review overdue"),
}


def tone(state: ListingState) -> str:
    """The tone of its tag: info | ok | warn | bad | plain."""
    return TONES.get(state, "plain")
