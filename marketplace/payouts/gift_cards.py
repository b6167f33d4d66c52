"""Payouts as gift cards: issued once through the outbox, booked when the card exists."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from marketplace import events
from marketplace.credits import own
from marketplace.credits.issuer import CardWanted, IssuedCard, IssueRefused, issuer
from marketplace.database import db
from marketplace.events import SYSTEM
from marketplace.jobs import outbox, sealing
from marketplace.jobs.alarms import AlarmKind, raise_alarm
from marketplace.jobs.outbox import Done, OutboxRow, Refused
from marketplace.ledger import Account, Line, Posting, post
from marketplace.money import Money
from marketplace.payouts.facts import GiftCardReady
from marketplace.payouts.models import Goodwill, Payout

GIFT_CARD = "gift_card"

Owed = Payout | Goodwill  # what is paid as a gift card


def ask(payout: Payout, *, at: datetime) -> None:
    """Queue the card of a payout; one asked for before is asked for under a new key."""
    asked = len(outbox.rows_of(payout, GIFT_CARD))
    key = f"{key_of(payout)}:{asked}" if asked else key_of(payout)
    outbox.enqueue(GIFT_CARD, key=key, subject=payout, request=request_of(payout), at=at)


def key_of(payout: Payout) -> str:
    """By the number people see, not by our row's: an issuer remembers keys longer than a database may live."""
    return f"{GIFT_CARD}:{payout.reference}"


def request_of(owed: Owed) -> dict[str, object]:
    """What the issuer is asked for, as it stands in the outbox."""
    return {"reference": owed.reference, "amount_minor": owed.amount_minor, "currency": owed.currency}


class GiftCardIssuing:
    """Carries out the card of whatever is owed as one: a payout, or a goodwill.

    The issuer's idempotency key is the row's own, its reference the number of what is owed. ``ready`` makes the news.
    """

    def __init__(
        self,
        model: type[Payout] | type[Goodwill] = Payout,
        ready: Callable[[int, datetime, str], object] = GiftCardReady,
    ) -> None:
        self._model, self._ready = model, ready

    def perform(self, row: OutboxRow) -> Done | Refused:
        try:
            return _answer(issuer().issue(_wanted(row)))
        except IssueRefused as no:
            return Refused(str(no))

    def look_up(self, row: OutboxRow) -> Done | Refused | None:
        try:
            card = issuer().look_up(_wanted(row))
        except IssueRefused as no:
            return Refused(str(no))
        return None if card is None else _answer(card)

    def record(self, row: OutboxRow, outcome: Done | Refused, *, at: datetime) -> None:
        """Book the card and announce it; what is not exactly what was asked for stays unpaid, with an alarm (G02)."""
        owed: Owed = db.session.get_one(self._model, row.subject_id)  # type: ignore[assignment]
        objection = outcome.reason if isinstance(outcome, Refused) else _objection(owed, outcome)
        if isinstance(outcome, Refused) or objection:
            events.transition(owed, "refuse", by=SYSTEM, at=at)
            raise_alarm(AlarmKind.PAYOUT_REFUSED, owed, at=at, why=objection)
            return
        _book(owed, outcome, at)
        events.announce(self._ready(owed.id, at, outcome.secrets["code"]))


def _wanted(row: OutboxRow) -> CardWanted:
    asked = row.request
    return CardWanted(Money(asked["amount_minor"], asked["currency"]), asked["reference"], row.key)


def _answer(card: IssuedCard) -> Done:
    answer = {
        "number": card.number,
        "last_four": card.last_four,
        "amount_minor": card.amount.minor,
        "currency": card.amount.currency,
        "card_id": card.card_id,
    }
    return Done(answer, {"code": card.code})


def _objection(owed: Owed, outcome: Done) -> str:
    """Why this answer cannot be the card that was asked for; empty where it can (fault G02)."""
    said = Money(outcome.answer["amount_minor"], outcome.answer["currency"])
    if said != owed.amount:
        return f"asked for {owed.amount.plain} {owed.currency}, issued {said.plain} {said.currency}"
    number = outcome.answer["number"]
    if _is_known("gift_card_number", number):
        return f"gift card {number} has paid another order"
    if _is_known("gift_card_print", _print(outcome)):
        return f"gift card {number} has the code of a card that has paid another order"
    return ""


def _is_known(column: str, value: str) -> bool:
    """Whether a card we have been given before says the same of itself."""
    models: tuple[type[Payout] | type[Goodwill], ...] = (Payout, Goodwill)
    asked = [sa.select(model.id).where(getattr(model, column) == value).exists() for model in models]
    return bool(db.session.scalar(sa.select(sa.or_(*asked))))


def _print(outcome: Done) -> str:
    return sealing.fingerprint(outcome.secrets["code"])


def _book(owed: Owed, outcome: Done, at: datetime) -> None:
    """Dr seller payable, Cr what the card is a claim on: the one posting of what is owed.

    A card of ours is our liability to its holder; one that another house keeps is its liability, and our debt to it
    (docs/decisions/0015-another-house-is-owed-for-its-cards.md).
    """
    said = outcome.answer
    paid = {
        "issued_at": at,
        "gift_card_number": said["number"],
        "gift_card_last_four": said["last_four"],
        "gift_card_print": _print(outcome),
    }
    cause = events.transition(owed, "issue", by=SYSTEM, at=at, sets=paid)
    if said["card_id"] is not None:
        own.hand_over(said["card_id"], code=outcome.secrets["code"], holder_id=owed.receiver_id)
    claim = Account.GIFT_CARD_ISSUER_PAYABLE if said["card_id"] is None else Account.GIFT_CARD_LIABILITY
    lines = (
        Line(Account.SELLER_PAYABLE, owed.amount, order_id=owed.order_id),
        Line(claim, -owed.amount, order_id=owed.order_id, gift_card_id=said["card_id"]),
    )
    post(Posting("issue", owed, cause, at, owed.reference, lines))
