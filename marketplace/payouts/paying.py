"""Paying sellers: owed once with the settlement, issued once through the outbox, booked when the card exists."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from marketplace import events
from marketplace.credits import own
from marketplace.credits.issuer import CardWanted, IssuedCard, IssueRefused, issuer
from marketplace.credits.models import GiftCard
from marketplace.database import db, insert_all
from marketplace.events import SYSTEM
from marketplace.jobs import outbox, sealing
from marketplace.jobs.alarms import AlarmKind, raise_alarm
from marketplace.jobs.outbox import Done, Errand, OutboxRow, Refused
from marketplace.ledger import Account, Line, Posting, post
from marketplace.money import Money
from marketplace.payouts.facts import GiftCardReady
from marketplace.payouts.models import CannotPayOut, Goodwill, Payout, PayoutForm, PayoutHold, PayoutState
from marketplace.people.models import Person

GIFT_CARD = "gift_card"

Owed = Payout | Goodwill  # what is paid as a gift card


@dataclass(frozen=True)
class PayoutOwed:
    """A seller's share of one settled order."""

    order_id: int
    order_number: str
    seller_id: int
    amount: Money
    is_stopped: bool = False  # a bank has the buyer's payment in its hands: the card waits


def owe_payout(*, order_id: int, order_number: str, seller_id: int, amount: Money, at: datetime) -> Payout:
    """Write down what one seller is owed and queue the card. An order that has a payout is refused by the database."""
    return owe_payouts([PayoutOwed(order_id, order_number, seller_id, amount)], at=at)[0]


def owe_payouts(owed: Sequence[PayoutOwed], *, at: datetime) -> list[Payout]:
    """The same for many orders at once, in three statements; the payouts come back in the order given.

    The settlement that calls this has credited seller payable already. What the desk holds waits for its release.
    """
    if not owed:
        return []
    held = _held({share.order_id for share in owed})
    payouts: list[Payout] = insert_all(Payout, [_row(share, at, held) for share in owed], returning=Payout)
    due = [payout for payout in payouts if payout.state is PayoutState.DUE]
    outbox.enqueue_all(GIFT_CARD, [Errand(_key(payout), payout, request_of(payout)) for payout in due], at=at)
    return payouts


def _held(order_ids: Collection[int]) -> set[int]:
    """Those of these orders whose payout the desk keeps back."""
    standing = sa.select(PayoutHold.order_id).where(
        PayoutHold.released_at.is_(None), PayoutHold.order_id.in_(order_ids)
    )
    return set(db.session.scalars(standing))


def issue_again(payout: Payout, *, at: datetime) -> None:
    """Ask the issuer once more for a card it refused or got wrong, under a new key, since the old one has its answer.

    Raises ``CannotPayOut`` where the payout is not refused.
    """
    if payout.state is not PayoutState.REFUSED:
        raise CannotPayOut()
    ask(payout, at=at)


def ask(payout: Payout, *, at: datetime) -> None:
    """Queue the card of a payout; one asked for before is asked for under a new key."""
    asked = len(outbox.rows_of(payout, GIFT_CARD))
    key = f"{_key(payout)}:{asked}" if asked else _key(payout)
    outbox.enqueue(GIFT_CARD, key=key, subject=payout, request=request_of(payout), at=at)


def _key(payout: Payout) -> str:
    """By the order's number, not by our row's: an issuer remembers keys longer than a database may live."""
    return f"{GIFT_CARD}:{payout.order_number}"


def _row(share: PayoutOwed, at: datetime, held: Collection[int]) -> dict[str, object]:
    return {
        "order_id": share.order_id,
        "order_number": share.order_number,
        "seller_id": share.seller_id,
        "form": PayoutForm.GIFT_CARD,
        "state": _first_state(share, held),
        "amount_minor": share.amount.minor,
        "currency": share.amount.currency,
        "due_at": at,
    }


def _first_state(share: PayoutOwed, held: Collection[int]) -> PayoutState:
    if share.is_stopped:
        return PayoutState.STOPPED
    return PayoutState.HELD if share.order_id in held else PayoutState.DUE


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


def payout_of(order_id: int) -> Payout | None:
    """What the seller of an order is or was owed; None where the order owes nothing yet."""
    return db.session.scalar(sa.select(Payout).where(Payout.order_id == order_id))


def payouts_on_their_way(seller: Person) -> list[Payout]:
    """What a seller is owed and has not been handed yet, newest first; one the desk looks into is still on its way."""
    waiting = (PayoutState.HELD, PayoutState.DUE, PayoutState.REFUSED, PayoutState.STOPPED)
    query = sa.select(Payout).where(Payout.seller_id == seller.id, Payout.state.in_(waiting))
    return list(db.session.scalars(query.order_by(Payout.id.desc())))


def payouts_kept_elsewhere(seller: Person) -> list[Payout]:
    """What a seller was paid with cards of another house, newest first: it alone knows what they still hold."""
    ours = sa.select(GiftCard.id).where(GiftCard.number == Payout.gift_card_number)
    query = sa.select(Payout).where(Payout.seller_id == seller.id, Payout.state == PayoutState.ISSUED, ~ours.exists())
    return list(db.session.scalars(query.order_by(Payout.id.desc())))
