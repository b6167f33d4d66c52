"""The life of an offer, as one table."""

from __future__ import annotations

import enum

from flask_babel import lazy_gettext as _l

from marketplace.errors import Refusal
from marketplace.events import Machine


class OfferState(enum.StrEnum):
    OPEN = "open"  # waits for the seller
    COUNTERED = "countered"  # waits for the buyer
    ACCEPTED = "accepted"  # the buyer's own price, for a while
    USED = "used"  # a checkout holds the piece at this price
    DECLINED = "declined"
    LAPSED = "lapsed"  # nobody answered
    EXPIRED = "expired"  # agreed, and not bought in time
    WITHDRAWN = "withdrawn"
    ENDED = "ended"  # the piece is no longer for sale


class CannotAnswer(Refusal):
    message = _l("This offer no longer waits for an answer.")


class CannotTakeCounter(Refusal):
    message = _l("There is no other price to answer.")


class CannotWithdrawOffer(Refusal):
    message = _l("This offer can no longer be withdrawn.")


class CannotUsePrice(Refusal):
    message = _l("This price is no longer yours to use.")


class CannotGiveBackPrice(Refusal):
    message = _l("This price is not in use.")


class CannotEndOffer(Refusal):
    message = _l("This offer is over.")


_S = OfferState

OFFER = Machine(
    states=OfferState,
    table={
        (_S.OPEN, "accept"): _S.ACCEPTED,
        (_S.OPEN, "counter"): _S.COUNTERED,
        (_S.OPEN, "decline"): _S.DECLINED,
        (_S.OPEN, "lapse"): _S.LAPSED,
        (_S.OPEN, "withdraw"): _S.WITHDRAWN,
        (_S.COUNTERED, "take"): _S.ACCEPTED,
        (_S.COUNTERED, "refuse"): _S.DECLINED,
        (_S.COUNTERED, "lapse"): _S.LAPSED,
        (_S.ACCEPTED, "use"): _S.USED,
        (_S.USED, "give_back"): _S.ACCEPTED,  # the payment came to nothing
        (_S.ACCEPTED, "expire"): _S.EXPIRED,
        (_S.OPEN, "end"): _S.ENDED,
        (_S.COUNTERED, "end"): _S.ENDED,
        (_S.ACCEPTED, "end"): _S.ENDED,
    },
    refusals={
        "accept": CannotAnswer,
        "counter": CannotAnswer,
        "decline": CannotAnswer,
        "lapse": CannotAnswer,
        "withdraw": CannotWithdrawOffer,
        "take": CannotTakeCounter,
        "refuse": CannotTakeCounter,
        "use": CannotUsePrice,
        "give_back": CannotGiveBackPrice,
        "expire": CannotEndOffer,
        "end": CannotEndOffer,
    },
)

RUNNING = (_S.OPEN, _S.COUNTERED, _S.ACCEPTED)
