"""The life of a buyback, as one table: who acts, by when, and what silence does."""

from __future__ import annotations

import enum

from flask_babel import lazy_gettext as _l

from marketplace.errors import Refusal
from marketplace.events import Machine


class BuybackState(enum.StrEnum):
    SUBMITTED = "submitted"  # we look at the photos and make a quote
    QUOTED = "quoted"  # its owner answers our quote
    HOPED = "hoped"  # its owner said, once, what she had hoped for: we answer
    DECLINED = "declined"  # we do not make a quote
    REFUSED = "refused"  # its owner did not take the quote
    LAPSED = "lapsed"  # nobody took the quote in time, or the piece never came
    ACCEPTED = "accepted"  # its owner sends it
    INBOUND = "inbound"  # scanned: ours to answer for (NAP-18)
    RECEIVED = "received"
    INSPECTING = "inspecting"
    REVISED = "revised"  # it is not what the photos said: its owner answers another price
    FAILED = "failed"  # the quote is revoked; its owner says how the piece comes back (LUX-75)
    CONFIRMED = "confirmed"  # agreed, and about to be ours
    BOUGHT = "bought"  # ours; the payout is on its way
    LOST = "lost"  # in our care: paid as if bought (NAP-19)
    PAID = "paid"
    UNPAID = "unpaid"  # a bank sent the payment back: her bank details are wrong (LUX-76)
    GOING_BACK = "going_back"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"  # before it left its owner


class WayBack(enum.StrEnum):
    """How a piece comes back to its owner."""

    COLLECT = "collect"  # it waits with us until she collects it
    COURIER = "courier"  # at her cost, where the quote was revoked
    SENT = "sent"  # at ours


class CannotQuote(Refusal):
    message = _l("This request does not wait for a quote.")


class CannotAnswerQuote(Refusal):
    message = _l("This quote no longer waits for an answer.")


class CannotAnswerHope(Refusal):
    message = _l("There is no wish to answer.")


class CannotLapse(Refusal):
    message = _l("This quote has not lapsed.")


class CannotReceiveBought(Refusal):
    message = _l("This piece is not on its way to us.")


class CannotInspect(Refusal):
    message = _l("This piece is not here to be inspected.")


class CannotConclude(Refusal):
    message = _l("This piece is not being inspected.")


class CannotAnswerRevision(Refusal):
    message = _l("There is no revised quote to answer.")


class CannotFetch(Refusal):
    message = _l("There is nothing to choose for this piece any more.")


class CannotBuy(Refusal):
    message = _l("This piece is not agreed on, or ours already.")


class CannotPayBought(Refusal):
    message = _l("Nothing is owed for this piece.")


class CannotBounce(Refusal):
    message = _l("Nothing was paid for this piece that could come back.")


class CannotLoseBought(Refusal):
    message = _l("This piece is not in our care.")


class CannotCallOff(Refusal):
    message = _l("This cannot be called off any more.")


class CannotHandBack(Refusal):
    message = _l("This piece is not to be sent back.")


_S = BuybackState

BUYBACK = Machine(
    states=BuybackState,
    table={
        (_S.SUBMITTED, "quote"): _S.QUOTED,
        (_S.SUBMITTED, "decline"): _S.DECLINED,
        (_S.SUBMITTED, "withdraw"): _S.WITHDRAWN,
        (_S.QUOTED, "accept"): _S.ACCEPTED,
        (_S.QUOTED, "refuse"): _S.REFUSED,
        (_S.QUOTED, "hope"): _S.HOPED,
        (_S.QUOTED, "lapse"): _S.LAPSED,
        (_S.QUOTED, "switch"): _S.CONFIRMED,  # of a consigned piece that is with us already (LUX-74)
        (_S.HOPED, "answer"): _S.QUOTED,
        (_S.HOPED, "withdraw"): _S.WITHDRAWN,
        (_S.ACCEPTED, "scan"): _S.INBOUND,
        (_S.ACCEPTED, "receive"): _S.RECEIVED,  # brought by hand, or a scan that never reached us
        (_S.ACCEPTED, "withdraw"): _S.WITHDRAWN,
        (_S.ACCEPTED, "lapse"): _S.LAPSED,
        (_S.INBOUND, "receive"): _S.RECEIVED,
        (_S.INBOUND, "lose"): _S.LOST,
        (_S.RECEIVED, "examine"): _S.INSPECTING,
        (_S.RECEIVED, "lose"): _S.LOST,
        (_S.INSPECTING, "confirm"): _S.CONFIRMED,
        (_S.INSPECTING, "revise"): _S.REVISED,
        (_S.INSPECTING, "fail"): _S.FAILED,
        (_S.INSPECTING, "lose"): _S.LOST,
        (_S.REVISED, "take"): _S.CONFIRMED,
        (_S.REVISED, "give_up"): _S.GOING_BACK,
        (_S.REVISED, "lose"): _S.LOST,
        (_S.FAILED, "lose"): _S.LOST,
        (_S.GOING_BACK, "lose"): _S.LOST,
        (_S.FAILED, "fetch"): _S.GOING_BACK,
        (_S.CONFIRMED, "buy"): _S.BOUGHT,
        (_S.BOUGHT, "pay"): _S.PAID,
        (_S.LOST, "pay"): _S.PAID,
        (_S.BOUGHT, "bounce"): _S.UNPAID,  # a bank that never took it
        (_S.LOST, "bounce"): _S.UNPAID,
        (_S.PAID, "bounce"): _S.UNPAID,
        (_S.UNPAID, "pay"): _S.PAID,
        (_S.GOING_BACK, "hand_back"): _S.RETURNED,
    },
    refusals={
        "quote": CannotQuote,
        "decline": CannotQuote,
        "accept": CannotAnswerQuote,
        "refuse": CannotAnswerQuote,
        "hope": CannotAnswerQuote,
        "switch": CannotAnswerQuote,
        "answer": CannotAnswerHope,
        "lapse": CannotLapse,
        "scan": CannotReceiveBought,
        "receive": CannotReceiveBought,
        "examine": CannotInspect,
        "confirm": CannotConclude,
        "revise": CannotConclude,
        "fail": CannotConclude,
        "take": CannotAnswerRevision,
        "give_up": CannotAnswerRevision,
        "fetch": CannotFetch,
        "buy": CannotBuy,
        "pay": CannotPayBought,
        "bounce": CannotBounce,
        "lose": CannotLoseBought,
        "withdraw": CannotCallOff,
        "hand_back": CannotHandBack,
    },
    owes={"buy": "bought", "lose": "bought_lost"},
)

# What the desk does with a piece; nobody there does it with a piece of their own.
DESKS = frozenset({"quote", "decline", "answer", "receive", "examine", "confirm", "revise", "fail", "hand_back"})
OVER = frozenset({_S.DECLINED, _S.REFUSED, _S.LAPSED, _S.PAID, _S.RETURNED, _S.WITHDRAWN})
# The piece itself is neither ours nor free to be offered again; where only the money came back, it is ours for good.
OPEN = tuple(state for state in _S if state not in OVER | {_S.UNPAID})
# No quote of ours stands any more.
ENDED = frozenset({_S.DECLINED, _S.REFUSED, _S.LAPSED, _S.FAILED, _S.GOING_BACK, _S.RETURNED, _S.WITHDRAWN})
HERE = frozenset({_S.RECEIVED, _S.INSPECTING, _S.REVISED, _S.FAILED, _S.GOING_BACK})  # it lies with us


class ActsNext(enum.StrEnum):
    """Whose turn it is."""

    OWNER = "owner"
    DESK = "desk"
    CARRIER = "carrier"


ACTS_NEXT = {
    _S.SUBMITTED: ActsNext.DESK,
    _S.QUOTED: ActsNext.OWNER,
    _S.HOPED: ActsNext.DESK,
    _S.ACCEPTED: ActsNext.OWNER,
    _S.INBOUND: ActsNext.CARRIER,
    _S.RECEIVED: ActsNext.DESK,
    _S.INSPECTING: ActsNext.DESK,
    _S.REVISED: ActsNext.OWNER,
    _S.FAILED: ActsNext.OWNER,
    _S.CONFIRMED: ActsNext.DESK,
    _S.BOUGHT: ActsNext.DESK,
    _S.LOST: ActsNext.DESK,
    _S.UNPAID: ActsNext.OWNER,
    _S.GOING_BACK: ActsNext.DESK,
}
