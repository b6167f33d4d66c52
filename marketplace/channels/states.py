"""The life of a sale on an outside marketplace, as one table."""

from __future__ import annotations

import enum

from flask_babel import lazy_gettext as _l

from marketplace.errors import Refusal
from marketplace.events import Machine


class SaleState(enum.StrEnum):
    NOTICED = "noticed"  # heard of, and not looked at yet
    TAKEN = "taken"  # the piece was free and is theirs: to be sent
    SENT = "sent"
    COMPLETED = "completed"  # the sale stands, the channel says
    CANCELLED = "cancelled"  # there, before it was complete
    RETURNED = "returned"  # cancelled there after it had been complete
    REFUSED = "refused"  # cannot be honoured: it is being cancelled there
    CALLED_OFF = "called_off"  # refused, and cancelled there


class WhyRefused(enum.StrEnum):
    """Why a sale elsewhere cannot be honoured."""

    NOT_FREE = "not_free"  # sold, being paid for, or taken out here
    UNKNOWN_PIECE = "unknown_piece"  # no listing of the brand's has this number
    UNKNOWN_OUTLET = "unknown_outlet"  # the policy offers nothing there
    BELOW_PRICE = "below_price"  # for less than its price, to which its owner agreed
    OTHER_CURRENCY = "other_currency"
    NOT_FOUND = "not_found"  # the warehouse cannot send it


class CannotTake(Refusal):
    message = _l("This sale has been looked at already.")


class CannotSend(Refusal):
    message = _l("This sale does not wait to be sent.")


class CannotGiveUp(Refusal):
    message = _l("This piece was sent, or the sale is over.")


class CannotComplete(Refusal):
    message = _l("This sale is not running.")


class CannotCancelSale(Refusal):
    message = _l("This sale cannot be cancelled any more.")


_S = SaleState

SALE = Machine(
    states=SaleState,
    table={
        (_S.NOTICED, "take"): _S.TAKEN,
        (_S.NOTICED, "refuse"): _S.REFUSED,
        (_S.NOTICED, "pass_over"): _S.CANCELLED,  # over before we heard of it
        (_S.TAKEN, "send"): _S.SENT,
        (_S.TAKEN, "give_up"): _S.REFUSED,
        (_S.TAKEN, "complete"): _S.COMPLETED,
        (_S.SENT, "complete"): _S.COMPLETED,
        (_S.TAKEN, "cancel"): _S.CANCELLED,
        (_S.SENT, "cancel"): _S.CANCELLED,
        (_S.COMPLETED, "return"): _S.RETURNED,
        (_S.REFUSED, "call_off"): _S.CALLED_OFF,
    },
    refusals={
        "take": CannotTake,
        "refuse": CannotTake,
        "pass_over": CannotTake,
        "send": CannotSend,
        "give_up": CannotGiveUp,
        "complete": CannotComplete,
        "cancel": CannotCancelSale,
        "return": CannotCancelSale,
        "call_off": CannotCancelSale,
    },
    owes={
        "take": "channel_sold",
        "give_up": "channel_cancelled",
        "complete": "channel_settled",
        "cancel": "channel_cancelled",
        "return": "channel_returned",
    },
)

RUNNING = (_S.TAKEN, _S.SENT)
