"""A fee that an owner owes us for a piece, paid by a link before the piece is sent back (GAP-19).

Whatever comes first settles it: the link, a payout it is taken from (``fees``), or the desk's waiving it. Money that
comes for a fee that is settled already goes back in full.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from marketplace import events
from marketplace.custody.models import BillState, Charged, FeeBill
from marketplace.database import db, public_id
from marketplace.events import PROVIDER, SYSTEM, HasActor
from marketplace.ledger import Account, Line, Posting, post
from marketplace.payments import attempts, chargebacks, refunds
from marketplace.payments.facts import PaymentCaptured
from marketplace.payments.models import PaymentAttempt
from marketplace.people.models import Person
from marketplace.programme import versions

FEE_SETTLED, FEE_RETURNED = "fee_settled", "fee_returned"  # why a payment for a fee goes back


@dataclass(frozen=True)
class FeeBilled:
    """An owner is asked to pay a fee by a link, as no payout is coming that it could be taken from."""

    bill_id: int
    at: datetime


def bill(piece: Any, owner_id: int, *, payout_is_coming: bool, at: datetime) -> FeeBill:
    """Ask for a piece's open fee; the same bill while it stands open. Where a payout is coming nobody is written to."""
    standing = bill_of(piece)
    if standing is not None:
        return standing
    made = FeeBill(
        number=public_id("F"),
        owner_id=owner_id,
        subject_type=piece.__tablename__,
        subject_id=piece.id,
        title=piece.title,
        state=BillState.OPEN,
        amount_minor=piece.fee_open.minor,
        currency=piece.currency,
        asked_at=at,
    )
    db.session.add(made)
    db.session.flush()
    events.record(made, "ask", by=SYSTEM, at=at, minor=made.amount_minor)
    if not payout_is_coming:
        events.announce(FeeBilled(made.id, at))
    return made


def bill_of(piece: Any, state: BillState = BillState.OPEN) -> FeeBill | None:
    """The bill that stands open for a piece; or the one of another state."""
    of_piece = (FeeBill.subject_type == piece.__tablename__, FeeBill.subject_id == piece.id)
    return db.session.scalar(sa.select(FeeBill).where(*of_piece, FeeBill.state == state))


def own(number: str, owner: Person) -> FeeBill | None:
    """A person's own bill of that number."""
    return db.session.scalar(sa.select(FeeBill).where(FeeBill.number == number, FeeBill.owner_id == owner.id))


def close(piece: Any, *, at: datetime) -> None:
    """The piece's fee was settled otherwise, so nothing is asked for any more. Harmless where nothing was."""
    standing = bill_of(piece)
    if standing is not None:
        events.transition(standing, "close", by=SYSTEM, at=at, sets={"ended_at": at})


def start_payment(asked: FeeBill, *, return_url: str, by: Person, at: datetime) -> PaymentAttempt:
    """Write an attempt to pay it down; while one stands open it is that one. Raises ``BillIsOver``."""
    db.session.refresh(asked, with_for_update=True)
    FeeBill.machine.next_state(asked.state, "pay")
    standing = attempts.open_attempt_of_bill(asked.id)
    return standing or attempts.start(
        fee_bill_id=asked.id,
        amount=asked.amount,
        lines=[{"name": f"{asked.number} {asked.title}", "amount_minor": asked.amount_minor}],
        email=by.email,
        return_url=return_url,
        minutes=versions.current().policy.limits.payment_minutes,
        at=at,
    )


def payment_captured(fact: PaymentCaptured) -> None:
    """The money for a fee is here: Dr clearing, Cr fees, once; what comes for a settled fee is owed back."""
    attempt = db.session.get_one(PaymentAttempt, fact.attempt_id)
    if attempt.fee_bill_id is None:
        return
    asked = db.session.get_one(FeeBill, attempt.fee_bill_id)
    piece = _locked_piece(asked)
    db.session.refresh(asked, with_for_update=True)
    if asked.state is not BillState.OPEN or piece.fee_open != asked.amount:
        _give_back_late(asked, attempt, fact.at)
        return
    piece.fee_settled_at = fact.at
    cause = events.transition(asked, "pay", by=PROVIDER, at=fact.at, sets={"ended_at": fact.at})
    lines = (Line(Account.CLEARING, asked.amount), Line(Account.FEE_INCOME, -asked.amount))
    post(Posting("fee_paid", asked, cause, fact.at, asked.number, lines))


def give_back(paid: FeeBill, *, by: HasActor, at: datetime) -> None:
    """The piece was lost before it was sent: Dr fees, Cr refund payable, and the fee goes back to its card (NAP-19).

    What a bank looks into, or has taken, is that bank's to give back (fault B18).
    """
    [attempt] = [one for one in attempts.captured_of_bill(paid.id) if not refunds.of_attempt(one.id)]
    if chargebacks.open_of(attempt.id) is not None or chargebacks.taken_by_banks(attempt.id):
        return
    cause = events.transition(paid, "give_back", by=by, at=at)
    lines = (Line(Account.FEE_INCOME, paid.amount), Line(Account.REFUND_PAYABLE, -paid.amount))
    post(Posting("fee_given_back", paid, cause, at, paid.number, lines))
    _refund(paid, attempt, FEE_RETURNED, at)


def _give_back_late(asked: FeeBill, attempt: PaymentAttempt, at: datetime) -> None:
    cause = events.record(asked, "late_payment", by=PROVIDER, at=at, attempt_id=attempt.id)
    lines = (Line(Account.CLEARING, attempt.amount), Line(Account.REFUND_PAYABLE, -attempt.amount))
    post(Posting("fee_paid_late", asked, cause, at, asked.number, lines, part=str(attempt.id)))
    _refund(asked, attempt, FEE_SETTLED, at)


def _refund(asked: FeeBill, attempt: PaymentAttempt, reason: str, at: datetime) -> None:
    refunds.request_refund(
        attempt=attempt,
        amount=attempt.amount,
        reason=reason,
        key=f"{asked.number}-{attempt.id}",
        reference=asked.number,
        order_id=None,
        at=at,
    )


def _locked_piece(asked: FeeBill) -> Any:
    model = next(one for one in Charged.__subclasses__() if one.__tablename__ == asked.subject_type)  # type: ignore[attr-defined]
    return db.session.get_one(model, asked.subject_id, with_for_update=True, populate_existing=True)
