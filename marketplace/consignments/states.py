"""The life of a consigned piece, as one table: who acts, by when, and what silence does."""

from __future__ import annotations

import enum

from flask_babel import lazy_gettext as _l

from marketplace.errors import Refusal
from marketplace.events import Machine


class PieceState(enum.StrEnum):
    DRAFT = "draft"  # its owner describes it; nothing is asked yet
    REQUESTED = "requested"  # the label is with its owner
    INBOUND = "inbound"  # scanned: ours to answer for (NAP-18)
    RECEIVED = "received"
    INSPECTING = "inspecting"
    DECLINED = "declined"  # its owner chooses what becomes of it
    PROPOSED = "proposed"  # its owner answers our price
    COUNTERED = "countered"  # we answer its owner's
    ACCEPTED = "accepted"  # agreed, not in the shop yet
    REFUSED = "refused"  # its owner did not take our price: it goes back
    LIVE = "live"
    SOLD = "sold"
    PAYABLE = "payable"
    PAID = "paid"
    FORFEITED = "forfeited"  # sold, found to be fraud: not paid
    SOLD_TO_US = "sold_to_us"  # at the offer that stood beside the proposal (LUX-74)
    LOST = "lost"  # in our care: paid as if sold (NAP-19)
    GOING_BACK = "going_back"
    RETURNED = "returned"
    DONATED = "donated"
    RECYCLED = "recycled"
    WITHDRAWN = "withdrawn"  # before it left its owner


class Choice(enum.StrEnum):
    """What becomes of a piece that we do not sell."""

    RETURN = "return"
    DONATE = "donate"
    RECYCLE = "recycle"


class CannotRequest(Refusal):
    message = _l("This request has been sent already.")


class CannotReceive(Refusal):
    message = _l("This piece is not on its way to us.")


class CannotExamine(Refusal):
    message = _l("This piece is not here to be examined.")


class CannotDecline(Refusal):
    message = _l("This piece is not being examined.")


class CannotChoose(Refusal):
    message = _l("There is nothing to choose for this piece any more.")


class CannotPropose(Refusal):
    message = _l("No price can be proposed for this piece now.")


class CannotAnswerProposal(Refusal):
    message = _l("This proposal no longer waits for an answer.")


class CannotAnswerCounter(Refusal):
    message = _l("There is no other price to answer.")


class CannotPutOnSale(Refusal):
    message = _l("This piece is not agreed on, or in the shop already.")


class CannotSellConsigned(Refusal):
    message = _l("This piece is not for sale.")


class CannotComeBack(Refusal):
    message = _l("This piece is not sold.")


class CannotOwe(Refusal):
    message = _l("Nothing is owed for this piece.")


class CannotLoseConsigned(Refusal):
    message = _l("This piece is not in our care.")


class CannotWithdrawConsigned(Refusal):
    message = _l("This piece cannot be taken back now.")


class CannotHandOn(Refusal):
    message = _l("This piece is not to be given away or recycled.")


class CannotSendBack(Refusal):
    message = _l("This piece is not to be sent back.")


_S = PieceState

PIECE = Machine(
    states=PieceState,
    table={
        (_S.DRAFT, "request"): _S.REQUESTED,
        (_S.REQUESTED, "scan"): _S.INBOUND,
        (_S.REQUESTED, "receive"): _S.RECEIVED,  # brought by hand, or a scan that never reached us
        (_S.INBOUND, "receive"): _S.RECEIVED,
        (_S.RECEIVED, "examine"): _S.INSPECTING,
        (_S.INSPECTING, "decline"): _S.DECLINED,
        (_S.INSPECTING, "propose"): _S.PROPOSED,
        (_S.PROPOSED, "accept"): _S.ACCEPTED,
        (_S.PROPOSED, "counter"): _S.COUNTERED,
        (_S.PROPOSED, "refuse"): _S.REFUSED,
        (_S.COUNTERED, "agree"): _S.ACCEPTED,
        (_S.COUNTERED, "stand"): _S.PROPOSED,
        (_S.ACCEPTED, "put_on_sale"): _S.LIVE,
        (_S.LIVE, "sell"): _S.SOLD,
        (_S.PROPOSED, "sell_to_us"): _S.SOLD_TO_US,
        (_S.LIVE, "sell_to_us"): _S.SOLD_TO_US,
        (_S.SOLD, "come_back"): _S.INBOUND,  # the sale came to nothing: it is ticked in and examined again
        (_S.SOLD, "owe"): _S.PAYABLE,
        (_S.PAYABLE, "pay"): _S.PAID,
        (_S.PAYABLE, "forfeit"): _S.FORFEITED,
        (_S.LOST, "pay"): _S.PAID,
        (_S.INBOUND, "lose"): _S.LOST,
        (_S.RECEIVED, "lose"): _S.LOST,
        (_S.INSPECTING, "lose"): _S.LOST,
        (_S.DECLINED, "lose"): _S.LOST,
        (_S.PROPOSED, "lose"): _S.LOST,
        (_S.COUNTERED, "lose"): _S.LOST,
        (_S.ACCEPTED, "lose"): _S.LOST,
        (_S.LIVE, "lose"): _S.LOST,
        (_S.GOING_BACK, "lose"): _S.LOST,
        (_S.SOLD, "lose"): _S.LOST,
        (_S.DECLINED, "choose_return"): _S.GOING_BACK,
        (_S.DECLINED, "choose_donate"): _S.DONATED,
        (_S.DECLINED, "choose_recycle"): _S.RECYCLED,
        (_S.REFUSED, "go_back"): _S.GOING_BACK,
        (_S.REQUESTED, "withdraw"): _S.WITHDRAWN,
        (_S.PROPOSED, "take_back"): _S.GOING_BACK,
        (_S.COUNTERED, "take_back"): _S.GOING_BACK,
        (_S.ACCEPTED, "take_back"): _S.GOING_BACK,
        (_S.LIVE, "take_back"): _S.GOING_BACK,
        (_S.GOING_BACK, "hand_back"): _S.RETURNED,
    },
    refusals={
        "request": CannotRequest,
        "scan": CannotReceive,
        "receive": CannotReceive,
        "examine": CannotExamine,
        "decline": CannotDecline,
        "propose": CannotPropose,
        "accept": CannotAnswerProposal,
        "counter": CannotAnswerProposal,
        "refuse": CannotAnswerProposal,
        "agree": CannotAnswerCounter,
        "stand": CannotAnswerCounter,
        "put_on_sale": CannotPutOnSale,
        "sell": CannotSellConsigned,
        "sell_to_us": CannotSellConsigned,
        "come_back": CannotComeBack,
        "owe": CannotOwe,
        "pay": CannotOwe,
        "forfeit": CannotOwe,
        "lose": CannotLoseConsigned,
        "choose_return": CannotChoose,
        "choose_donate": CannotChoose,
        "choose_recycle": CannotChoose,
        "go_back": CannotSendBack,
        "withdraw": CannotWithdrawConsigned,
        "take_back": CannotWithdrawConsigned,
        "hand_back": CannotSendBack,
    },
    owes={"owe": "consigned", "lose": "consigned_lost", "pay": "consigned_paid", "forfeit": "consigned_forfeited"},
)

# What the desk does with a piece; nobody there does it with a piece of their own.
DESKS = frozenset({"receive", "examine", "decline", "propose", "agree", "stand", "lose", "hand_back"})
OVER = frozenset({_S.PAID, _S.SOLD_TO_US, _S.FORFEITED, _S.RETURNED, _S.DONATED, _S.RECYCLED, _S.WITHDRAWN})
# It lies with us.
HERE = frozenset(
    {_S.RECEIVED, _S.INSPECTING, _S.DECLINED, _S.PROPOSED, _S.COUNTERED, _S.ACCEPTED, _S.LIVE, _S.GOING_BACK}
)
LEAVING = frozenset({_S.DONATED, _S.RECYCLED})  # its owner has nothing to do with it any more; the desk takes it there
# No price stands that its owner would receive a share of.
UNPRICED = LEAVING | {_S.DECLINED, _S.REFUSED, _S.GOING_BACK, _S.RETURNED, _S.WITHDRAWN, _S.SOLD_TO_US, _S.FORFEITED}
OWED = frozenset({_S.PAYABLE, _S.LOST})  # what consignment payable holds


class ActsNext(enum.StrEnum):
    """Whose turn it is."""

    OWNER = "owner"
    DESK = "desk"
    CARRIER = "carrier"
    BUYER = "buyer"


ACTS_NEXT = {
    _S.DRAFT: ActsNext.OWNER,
    _S.REQUESTED: ActsNext.OWNER,
    _S.INBOUND: ActsNext.CARRIER,
    _S.RECEIVED: ActsNext.DESK,
    _S.INSPECTING: ActsNext.DESK,
    _S.DECLINED: ActsNext.OWNER,
    _S.PROPOSED: ActsNext.OWNER,
    _S.COUNTERED: ActsNext.DESK,
    _S.ACCEPTED: ActsNext.DESK,
    _S.REFUSED: ActsNext.DESK,
    _S.LIVE: ActsNext.BUYER,
    _S.SOLD: ActsNext.BUYER,
    _S.PAYABLE: ActsNext.DESK,
    _S.LOST: ActsNext.DESK,
    _S.GOING_BACK: ActsNext.DESK,
}
