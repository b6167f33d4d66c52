"""The two sides answer each other: accept, offer a part back, contest; take the offer or not."""

from __future__ import annotations

from datetime import datetime

from marketplace import events
from marketplace.disputes import outcomes, returning, thread, waiting
from marketplace.disputes.facts import CaseMoved, News
from marketplace.disputes.locking import lock
from marketplace.disputes.models import Dispute
from marketplace.disputes.permissions import can_offer
from marketplace.disputes.states import CannotAccept, CannotAnswer, CannotOffer, DisputeState, Remedy, Side, Wish
from marketplace.errors import ProgrammingError
from marketplace.money import Money
from marketplace.orders import refunding
from marketplace.people.models import Person


def accept(dispute: Dispute, *, by: Person, at: datetime) -> None:
    """The seller gives what the buyer asked for, and nobody has to decide. Raises ``CannotAccept``.

    A return agreed on is refunded at the first scan of its way back, whatever the policy says of decisions: nobody has
    looked at the piece, so a refund must not leave before the piece does. A refund without a return is the seller's
    own loss, as they agree to it.
    """
    dispute = lock(dispute)
    if dispute.state is not DisputeState.AWAITING_SELLER:
        raise CannotAccept()
    if dispute.wish is Wish.RETURN:
        returning.begin(dispute, "agree_return", on_scan=True, by=by, at=at)
        events.announce(CaseMoved(dispute.id, News.AGREED, at, Side.SELLER))
    elif dispute.wish is Wish.KEEP:
        _agree_on_part(dispute, dispute.asked, side=Side.SELLER, by=by, at=at)
    else:
        dispute.seller_at_fault = True
        _agree(dispute, Remedy.REFUND_WITHOUT_RETURN, None, side=Side.SELLER, by=by, at=at)


def offer(dispute: Dispute, of_price: Money, *, words: str, by: Person, at: datetime) -> None:
    """The seller offers a part of the price back, and the buyer keeps the piece.

    Raises ``CannotOffer``, and ``MoreThanLeft`` for nothing or the whole price.
    """
    dispute = lock(dispute)
    if not can_offer(dispute):
        raise CannotOffer()
    refunding.after_part(dispute.order, of_price)
    events.transition(dispute, "offer", by=by, at=at, sets={"offered_minor": of_price.minor}, minor=of_price.minor)
    thread.say(dispute, words, side=Side.SELLER, by=by, at=at)
    waiting.wait(dispute, at=at)
    events.announce(CaseMoved(dispute.id, News.OFFERED, at, Side.SELLER))


def contest(dispute: Dispute, *, words: str, by: Person, at: datetime) -> None:
    """The seller says it is as described; the desk decides. Raises ``CannotAnswer``."""
    dispute = lock(dispute)
    if dispute.state is not DisputeState.AWAITING_SELLER:
        raise CannotAnswer()
    thread.say(dispute, words, side=Side.SELLER, by=by, at=at)
    _to_the_desk(dispute, Side.SELLER, by=by, at=at)


def take_offer(dispute: Dispute, *, by: Person, at: datetime) -> None:
    """The buyer keeps the piece for the part offered. Raises ``CannotAccept``."""
    dispute = lock(dispute)
    if dispute.state is not DisputeState.AWAITING_BUYER:
        raise CannotAccept()
    _agree_on_part(dispute, dispute.offered, side=Side.BUYER, by=by, at=at)


def decline_offer(dispute: Dispute, *, by: Person, at: datetime) -> None:
    """The buyer does not take it; the desk decides. Raises ``CannotAnswer``."""
    dispute = lock(dispute)
    if dispute.state is not DisputeState.AWAITING_BUYER:
        raise CannotAnswer()
    _to_the_desk(dispute, Side.BUYER, by=by, at=at)


def _to_the_desk(dispute: Dispute, side: Side, *, by: Person, at: datetime) -> None:
    events.transition(dispute, "review", by=by, at=at)
    waiting.wait(dispute, at=at)
    events.announce(CaseMoved(dispute.id, News.IN_REVIEW, at, side))


def _agree_on_part(dispute: Dispute, of_price: Money | None, *, side: Side, by: Person, at: datetime) -> None:
    if of_price is None:
        raise ProgrammingError(f"dispute {dispute.id}: no amount to agree on")
    _agree(dispute, Remedy.PARTIAL_REFUND, of_price, side=side, by=by, at=at)


def _agree(dispute: Dispute, remedy: Remedy, of_price: Money | None, *, side: Side, by: Person, at: datetime) -> None:
    """Both want the same: the money moves at once and the case is closed."""
    outcome = outcomes.preview(dispute, remedy, of_price=of_price, seller_at_fault=dispute.seller_at_fault)
    events.transition(dispute, "agree", by=by, at=at, minor=outcome.to_buyer.minor)
    waiting.wait_no_more(dispute, at=at)
    outcomes.give_back(dispute.order, outcome, by=by, at=at)
    returning.end(dispute, by=by, at=at)
    events.announce(CaseMoved(dispute.id, News.AGREED, at, side))
