"""How a payout leaves, in the form it has: a card through the outbox, credit at once, cash with the next run."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from marketplace import events
from marketplace.credits import store_credit
from marketplace.database import db
from marketplace.events import SYSTEM
from marketplace.jobs import deadlines, outbox
from marketplace.jobs.outbox import Errand
from marketplace.ledger import Account, Line, Posting, post
from marketplace.many_rows import among
from marketplace.payouts import debts, forms, gift_cards
from marketplace.payouts.facts import CreditReady
from marketplace.payouts.models import Payout, PayoutForm, PayoutState

LEAVES = "payout_leaves"  # deadline: nobody has chosen a form


def begin(payouts: Sequence[Payout], *, chosen: Collection[int], at: datetime) -> None:
    """Let new payouts go, less what their sellers owe (GAP-19).

    Those whose form nobody has ``chosen`` wait for the days the policy gives for that.
    """
    cards = []
    for payout in debts.cover(payouts, at=at):
        days = forms.terms(payout.terms_id).payout.choice_days
        if days and payout.id not in chosen:
            deadlines.set_deadline(LEAVES, payout, at + timedelta(days=days))
        elif payout.form is PayoutForm.GIFT_CARD:
            cards.append(Errand(gift_cards.key_of(payout), payout, gift_cards.request_of(payout)))
        else:
            _leave(payout, at=at)
    outbox.enqueue_all(gift_cards.GIFT_CARD, cards, at=at)


def leave(payout: Payout, *, at: datetime) -> None:
    """Pay what is due, or was refused, in its form, less what its seller owes by now (GAP-19).

    Cash stays where it is: the next payout run takes it along.
    """
    if debts.cover([payout], at=at):
        _leave(payout, at=at)


def _leave(payout: Payout, *, at: datetime) -> None:
    if payout.form is PayoutForm.GIFT_CARD:
        gift_cards.ask(payout, at=at)
    elif payout.form is PayoutForm.STORE_CREDIT:
        _credit(payout, at=at)


def _credit(payout: Payout, *, at: datetime) -> None:
    """Dr seller payable and bonus, Cr store-credit liability: our own books, so nothing has to leave the house."""
    policy = forms.terms(payout.terms_id)
    bonus = forms.bonus_of(payout)
    credit, lines = store_credit.issue(
        payout.seller_id, payout.amount, bonus=bonus, reference=payout.reference, terms=policy, at=at
    )
    cause = events.transition(payout, "issue", by=SYSTEM, at=at, sets={"issued_at": at, "store_credit_id": credit.id})
    owed = Line(Account.SELLER_PAYABLE, payout.amount, order_id=payout.order_id)
    post(Posting("issue", payout, cause, at, payout.reference, (owed, *lines)))
    events.announce(CreditReady(payout.id, at))


def waits(payout: Payout) -> bool:
    """Whether it is due and nothing of it can have left."""
    return payout.state is PayoutState.DUE and not outbox.rows_of(payout, gift_cards.GIFT_CARD)


def stay(payout: Payout, *, at: datetime) -> bool:
    """Keep a payout from leaving, whatever it waits for; False where it may have left. The caller locks it."""
    if not outbox.call_off(payout, gift_cards.GIFT_CARD):
        return False
    deadlines.cancel_deadlines([payout], LEAVES, at=at)
    return True


def sweep_unchosen(payout_ids: Sequence[int], at: datetime) -> None:
    """The days for choosing are over: what is still due leaves in the form it has."""
    due = sa.select(Payout).where(among(Payout.id, payout_ids), Payout.state == PayoutState.DUE)
    for payout in db.session.scalars(due.order_by(Payout.id).with_for_update()).all():
        leave(payout, at=at)
