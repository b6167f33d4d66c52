"""The life of a listing, as one table."""

from __future__ import annotations

import enum

from flask_babel import lazy_gettext as _l

from marketplace.errors import Refusal
from marketplace.events import Machine


class ListingState(enum.StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    CHANGES_REQUESTED = "changes_requested"
    PRICE_PROPOSED = "price_proposed"
    DECLINED = "declined"
    LIVE = "live"
    PAUSED = "paused"
    HELD = "held"
    SOLD = "sold"
    WITHDRAWN = "withdrawn"
    REMOVED = "removed"


class CannotSubmit(Refusal):
    message = _l("This listing is not waiting to be submitted.")


class CannotReview(Refusal):
    message = _l("This listing is not waiting for review.")


class CannotAnswerProposal(Refusal):
    message = _l("There is no price proposal to answer.")


class CannotPause(Refusal):
    message = _l("Only a live listing can be paused.")


class CannotResume(Refusal):
    message = _l("Only a paused listing can be resumed.")


class CannotCallIn(Refusal):
    message = _l("This listing is not in the shop, so there is nothing to take out of view.")


class CannotReprice(Refusal):
    message = _l("The price can change only while the listing is live or paused.")


class CannotWithdraw(Refusal):
    message = _l("This listing can no longer be withdrawn.")


class CannotRemove(Refusal):
    message = _l("This listing can no longer be removed.")


class NotAvailable(Refusal):
    message = _l("Someone else was first. This piece is no longer available.")


class CannotRelease(Refusal):
    message = _l("This listing is not on hold.")


class CannotSell(Refusal):
    message = _l("This listing cannot be sold.")


class CannotTakeBack(Refusal):
    message = _l("This piece was not sold, so there is nothing to take back.")


class CannotPublish(Refusal):
    message = _l("This listing cannot go live as it is.")


_S = ListingState

LISTING = Machine(
    states=ListingState,
    table={
        (_S.DRAFT, "submit"): _S.SUBMITTED,
        (_S.CHANGES_REQUESTED, "submit"): _S.SUBMITTED,
        (_S.DRAFT, "publish"): _S.LIVE,  # the brand's own piece: nobody reviews the reviewer
        (_S.SUBMITTED, "approve"): _S.LIVE,
        (_S.SUBMITTED, "request_changes"): _S.CHANGES_REQUESTED,
        (_S.SUBMITTED, "propose_price"): _S.PRICE_PROPOSED,
        (_S.SUBMITTED, "decline"): _S.DECLINED,
        (_S.PRICE_PROPOSED, "accept_price"): _S.LIVE,
        (_S.PRICE_PROPOSED, "refuse_price"): _S.CHANGES_REQUESTED,
        (_S.LIVE, "pause"): _S.PAUSED,
        (_S.PAUSED, "resume"): _S.LIVE,
        (_S.LIVE, "raise_price"): _S.SUBMITTED,
        (_S.PAUSED, "raise_price"): _S.SUBMITTED,
        (_S.LIVE, "call_in"): _S.SUBMITTED,  # its seller is in doubt: looked at again, out of view until then
        (_S.PAUSED, "call_in"): _S.SUBMITTED,
        (_S.LIVE, "hold"): _S.HELD,
        (_S.HELD, "release"): _S.LIVE,
        (_S.HELD, "sell"): _S.SOLD,
        (_S.LIVE, "sell"): _S.SOLD,  # a payment that came late for a piece that is still free
        (_S.SOLD, "take_back"): _S.WITHDRAWN,  # the sale came to nothing and the piece is its seller's again
        (_S.DRAFT, "withdraw"): _S.WITHDRAWN,
        (_S.SUBMITTED, "withdraw"): _S.WITHDRAWN,
        (_S.CHANGES_REQUESTED, "withdraw"): _S.WITHDRAWN,
        (_S.PRICE_PROPOSED, "withdraw"): _S.WITHDRAWN,
        (_S.LIVE, "withdraw"): _S.WITHDRAWN,
        (_S.PAUSED, "withdraw"): _S.WITHDRAWN,
        (_S.SUBMITTED, "remove"): _S.REMOVED,
        (_S.CHANGES_REQUESTED, "remove"): _S.REMOVED,
        (_S.PRICE_PROPOSED, "remove"): _S.REMOVED,
        (_S.LIVE, "remove"): _S.REMOVED,
        (_S.PAUSED, "remove"): _S.REMOVED,
    },
    refusals={
        "submit": CannotSubmit,
        "publish": CannotPublish,
        "approve": CannotReview,
        "request_changes": CannotReview,
        "propose_price": CannotReview,
        "decline": CannotReview,
        "accept_price": CannotAnswerProposal,
        "refuse_price": CannotAnswerProposal,
        "pause": CannotPause,
        "resume": CannotResume,
        "raise_price": CannotReprice,
        "call_in": CannotCallIn,
        "hold": NotAvailable,
        "release": CannotRelease,
        "sell": CannotSell,
        "take_back": CannotTakeBack,
        "withdraw": CannotWithdraw,
        "remove": CannotRemove,
    },
)

# States in which a listing occupies its item: an item has at most one of these at a time.
OPEN = (
    _S.DRAFT,
    _S.SUBMITTED,
    _S.CHANGES_REQUESTED,
    _S.PRICE_PROPOSED,
    _S.LIVE,
    _S.PAUSED,
    _S.HELD,
)
# States in which anyone may see the listing; a sold piece keeps its address.
PUBLIC = (_S.LIVE, _S.HELD, _S.SOLD)
EDITABLE = (_S.DRAFT, _S.CHANGES_REQUESTED)
