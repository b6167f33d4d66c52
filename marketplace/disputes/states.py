"""The life of a dispute as one table, and for each state who must act and what silence leads to."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from marketplace.errors import Refusal
from marketplace.events import Machine


class DisputeState(enum.StrEnum):
    OPENED = "opened"
    AWAITING_SELLER = "awaiting_seller"
    AWAITING_BUYER = "awaiting_buyer"  # the seller offers to give a part back
    IN_REVIEW = "in_review"
    AWAITING_APPROVAL = "awaiting_approval"
    DECIDED = "decided"  # final unless a side appeals
    RETURN_LABEL = "return_label"
    RETURN_IN_TRANSIT = "return_in_transit"
    RETURNED = "returned"
    RETURN_LOST = "return_lost"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class DisputeOver(Refusal):
    message = _l("This case is closed.")


class CannotAskSeller(Refusal):
    message = _l("The seller has been asked already.")


class CannotReview(Refusal):
    message = _l("This case cannot go to customer service from here.")


class CannotWithdraw(Refusal):
    message = _l("This report can no longer be taken back.")


class CannotAccept(Refusal):
    message = _l("There is nothing to accept in this case now.")


class CannotOffer(Refusal):
    message = _l("An offer cannot be made in this case now.")


class CannotAnswer(Refusal):
    message = _l("This case is not waiting for your answer.")


class CannotDecide(Refusal):
    message = _l("This case is not waiting for a decision.")


class CannotApprove(Refusal):
    message = _l("There is no decision here that waits for approval.")


class CannotAppeal(Refusal):
    message = _l("This decision can no longer be appealed against.")


class CannotSendBack(Refusal):
    message = _l("The piece is not on its way back.")


class CannotReceive(Refusal):
    message = _l("The piece is not waiting to be received.")


class CannotClose(Refusal):
    message = _l("This case cannot be closed yet.")


_S = DisputeState
DISPUTE = Machine(
    states=DisputeState,
    table={
        (_S.OPENED, "ask_seller"): _S.AWAITING_SELLER,
        (_S.OPENED, "review"): _S.IN_REVIEW,  # the house's own piece: nobody else to ask
        (_S.AWAITING_SELLER, "review"): _S.IN_REVIEW,  # contested, or silent
        (_S.AWAITING_BUYER, "review"): _S.IN_REVIEW,  # the offer was declined, or lapsed
        (_S.AWAITING_SELLER, "offer"): _S.AWAITING_BUYER,
        (_S.AWAITING_SELLER, "agree"): _S.CLOSED,  # the seller gives what was asked for
        (_S.AWAITING_BUYER, "agree"): _S.CLOSED,  # the buyer takes the offer
        (_S.AWAITING_SELLER, "agree_return"): _S.RETURN_LABEL,
        (_S.AWAITING_SELLER, "withdraw"): _S.WITHDRAWN,
        (_S.AWAITING_BUYER, "withdraw"): _S.WITHDRAWN,
        (_S.IN_REVIEW, "withdraw"): _S.WITHDRAWN,
        (_S.IN_REVIEW, "propose"): _S.AWAITING_APPROVAL,
        (_S.AWAITING_APPROVAL, "send_back"): _S.IN_REVIEW,
        (_S.IN_REVIEW, "decide"): _S.DECIDED,
        (_S.AWAITING_APPROVAL, "decide"): _S.DECIDED,
        (_S.IN_REVIEW, "decide_return"): _S.RETURN_LABEL,
        (_S.AWAITING_APPROVAL, "decide_return"): _S.RETURN_LABEL,
        (_S.RETURN_LABEL, "return_scanned"): _S.RETURN_IN_TRANSIT,
        (_S.RETURN_LABEL, "return_delivered"): _S.RETURNED,  # the first scan we hear of is the delivery
        (_S.RETURN_IN_TRANSIT, "return_delivered"): _S.RETURNED,
        (_S.RETURN_LOST, "return_delivered"): _S.RETURNED,
        (_S.RETURN_IN_TRANSIT, "return_lost"): _S.RETURN_LOST,
        (_S.RETURN_LABEL, "keep"): _S.DECIDED,  # never handed over
        (_S.RETURNED, "receive"): _S.DECIDED,
        (_S.RETURNED, "report_swap"): _S.IN_REVIEW,
        (_S.DECIDED, "appeal"): _S.IN_REVIEW,
        (_S.RETURN_LOST, "appeal"): _S.IN_REVIEW,
        **{(state, "charge_back"): _S.CLOSED for state in _S if state not in (_S.CLOSED, _S.WITHDRAWN)},
        (_S.DECIDED, "close"): _S.CLOSED,
        (_S.RETURN_LOST, "close"): _S.CLOSED,
    },
    refusals={
        "ask_seller": CannotAskSeller,
        "review": CannotReview,
        "offer": CannotOffer,
        "agree": CannotAccept,
        "agree_return": CannotAccept,
        "withdraw": CannotWithdraw,
        "propose": CannotDecide,
        "send_back": CannotApprove,
        "decide": CannotDecide,
        "decide_return": CannotDecide,
        "return_scanned": CannotSendBack,
        "return_delivered": CannotSendBack,
        "return_lost": CannotSendBack,
        "keep": CannotSendBack,
        "receive": CannotReceive,
        "report_swap": CannotReceive,
        "appeal": CannotAppeal,
        "charge_back": DisputeOver,
        "close": CannotClose,
    },
)

OVER = (_S.CLOSED, _S.WITHDRAWN)


class Side(enum.StrEnum):
    """Who takes part in a case. The shop's own people are one side."""

    BUYER = "buyer"
    SELLER = "seller"
    STAFF = "staff"


class WaitingOn(enum.StrEnum):
    """Who acts next; exactly one in each open state."""

    SELLER = "seller"
    BUYER = "buyer"
    DESK = "desk"
    SECOND_AGENT = "second_agent"
    EITHER_SIDE = "either_side"  # who may appeal
    CARRIER = "carrier"
    BANK = "bank"  # the buyer's, about a chargeback


@dataclass(frozen=True)
class Silence:
    """Who is waited for, and what follows when the deadline passes in silence; ``shortly`` says it in a list."""

    waiting_on: WaitingOn
    outcome: LazyString
    shortly: LazyString | str = ""


SILENCE: dict[DisputeState, Silence] = {
    _S.AWAITING_SELLER: Silence(
        WaitingOn.SELLER, _l("Then customer service decides without an answer."), _l("we decide")
    ),
    _S.AWAITING_BUYER: Silence(
        WaitingOn.BUYER, _l("Then the offer lapses and customer service decides."), _l("we decide")
    ),
    _S.IN_REVIEW: Silence(
        WaitingOn.DESK, _l("If that is not kept, a new date is set here. Silence decides nothing."), _l("a new date")
    ),
    _S.AWAITING_APPROVAL: Silence(
        WaitingOn.SECOND_AGENT,
        _l("If that is not kept, a new date is set here; nothing is decided by it."),
        _l("a new date"),
    ),
    _S.DECIDED: Silence(
        WaitingOn.EITHER_SIDE, _l("Without an appeal the case closes as it was decided."), _l("it closes")
    ),
    _S.RETURN_LABEL: Silence(
        WaitingOn.BUYER, _l("After that the label is void and the piece stays with the buyer."), _l("no return")
    ),
    _S.RETURN_IN_TRANSIT: Silence(
        WaitingOn.CARRIER, _l("Without any scan until then the parcel counts as lost."), _l("counts as lost")
    ),
    _S.RETURNED: Silence(WaitingOn.SELLER, _l("After that the piece counts as received."), _l("counts as back")),
    _S.RETURN_LOST: Silence(
        WaitingOn.EITHER_SIDE, _l("Without an appeal the case closes then as it was decided."), _l("it closes")
    ),
}
OPEN = tuple(SILENCE)
NOT_SENT_BACK = _l("After that the label is void, the piece stays with the buyer and nothing is refunded.")


class Kind(enum.StrEnum):
    """What is claimed."""

    CONDITION = "condition"
    WRONG_ITEM = "wrong_item"
    DAMAGED = "damaged"
    NOT_AUTHENTIC = "not_authentic"
    INCOMPLETE = "incomplete"
    NEVER_ARRIVED = "never_arrived"


class Wish(enum.StrEnum):
    """What the buyer asks for."""

    RETURN = "return"
    KEEP = "keep"  # and get a part of the price back
    REFUND = "refund"  # there is nothing to send back


class Remedy(enum.StrEnum):
    """What a decision does."""

    DISMISS = "dismiss"
    REFUND_WITH_RETURN = "refund_with_return"
    REFUND_WITHOUT_RETURN = "refund_without_return"
    PARTIAL_REFUND = "partial_refund"
    PAY_SELLER = "pay_seller"  # out of the programme's pocket; the buyer keeps what was given back (GAP-21)
    LEAVE = "leave"  # the earlier decision stands
